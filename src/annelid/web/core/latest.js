/**
 * Asks one question at a time, and of those that wait only the newest. An answer that is no longer wanted is dropped.
 * @template Q, A
 */
export class Latest {
  /** @param {(question: Q) => Promise<A>} ask */
  constructor(ask) {
    this._ask = ask;
    /** @type {{question: Q, tell: (answer: A) => void, fail: (error: unknown) => void} | null} */
    this._waiting = null;
    this._isAsking = false;
    this._number = 0;
  }

  /** Whether an answer is still to come that somebody wants. */
  get isBusy() {
    return this._wanted !== undefined;
  }

  /**
   * @param {Q} question
   * @param {(answer: A) => void} tell called unless another question follows, or all are dropped
   * @param {(error: unknown) => void} fail the same for errors
   */
  ask(question, tell, fail) {
    this._wanted = ++this._number;
    this._waiting = { question, tell, fail };
    if (!this._isAsking) void this._work();
  }

  /** Nobody wants an answer any more. */
  drop() {
    this._wanted = undefined;
    this._waiting = null;
  }

  async _work() {
    this._isAsking = true;
    while (this._waiting) {
      const { question, tell, fail } = this._waiting;
      const number = this._number;
      this._waiting = null;
      await this._ask(question).then(
        (answer) => this._deliver(number, () => tell(answer)),
        (error) => this._deliver(number, () => fail(error)),
      );
    }
    this._isAsking = false;
  }

  /**
   * @param {number} number
   * @param {() => void} tell
   */
  _deliver(number, tell) {
    if (this._wanted !== number) return;
    this._wanted = undefined;
    tell();
  }

  /** Number of the question whose answer is wanted. @type {number | undefined} */
  _wanted = undefined;
}
