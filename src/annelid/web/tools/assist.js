import { ApiError, post } from "../api.js";
import { shapeArea } from "../core/geometry.js";
import { Latest } from "../core/latest.js";
import { NOTHING, hintsOf, isEnough, takenBack, withBox, withPoint } from "../core/prompt.js";
import { addObject } from "./add.js";
import { assistEngine, assistState } from "./assist_engine.js";
import { drawPrompt, drawWorking } from "./assist_preview.js";
import { imageLength, inside, isDrag } from "./place.js";
import { colorOf, drawFrame, drawShape } from "./preview.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").Shape} Shape */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */
/** @typedef {import("../types.js").Transform} Transform */
/** @typedef {import("../core/prompt.js").Prompt} Prompt */
/** @typedef {{shape: Shape, kind: "mask" | "polygon", score: number, engine: string}} Answer */

const MOST_SEEN = 40;
const LEAST_BOX = 4;

/** Click to segment: + where the object is, - where it is not, a dragged box around it. */
class AssistTool {
  constructor() {
    this.id = "assist";
    this.title = "Assist";
    this.icon =
      "M4 20l9-9M15 3l1.2 2.8L19 7l-2.8 1.2L15 11l-1.2-2.8L11 7l2.8-1.2zM20 13l.7 1.6 1.6.7-1.6.7-.7 1.6-.7-1.6-1.6-.7 1.6-.7z";
    this.keys = ["a"];
    this.cursor = "crosshair";
    this.hint =
      "Click the object; right or Alt+click what is not part of it (s switches); drag a box. Enter finishes, Shift+click begins the next, Backspace takes back, Escape gives up.";
    /** @type {Latest<object, Answer>} */
    this._latest = new Latest((question) => post("api/assist/outline", question));
    this._isInside = true;
    this._problem = "";
    this._busySince = 0;
    this._reset();
  }

  _reset() {
    /** @type {Prompt} */
    this._prompt = NOTHING;
    /** @type {Answer | null} */
    this._answer = null;
    /** @type {{x: number, y: number, sx: number, sy: number, isInside: boolean, shift: boolean} | null} */
    this._pressed = null;
    /** @type {[number, number, number, number] | null} */
    this._box = null;
    this._finishes = false;
    this._problem = "";
    this._busySince = 0;
    this._latest.drop();
  }

  /** @param {Editor} editor */
  activate(editor) {
    this._tell(editor);
  }

  /** @param {Editor} editor */
  deactivate(editor) {
    this._reset();
    this._isInside = true;
    this._tell(editor);
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  down(event, editor) {
    const [x, y] = inside(event, editor);
    const isInside = event.button !== 2 && !event.alt && this._isInside;
    this._pressed = { x, y, sx: event.sx, sy: event.sy, isInside, shift: event.shift };
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  move(event, editor) {
    if (!this._pressed?.isInside || !(this._box || isDrag(this._pressed, event))) return;
    const [x, y] = inside(event, editor);
    const from = this._pressed;
    this._box = [Math.min(x, from.x), Math.min(y, from.y), Math.max(x, from.x), Math.max(y, from.y)];
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} _event
   * @param {Editor} editor
   */
  up(_event, editor) {
    const [pressed, box] = [this._pressed, this._box];
    this._pressed = this._box = null;
    if (!pressed) return;
    if (pressed.shift && this._answer?.shape.length) this._add(editor, this._answer);
    const least = imageLength(editor, LEAST_BOX);
    if (!box) this._ask(editor, withPoint(this._prompt, pressed.x, pressed.y, pressed.isInside));
    else if (box[2] - box[0] > least && box[3] - box[1] > least) this._ask(editor, withBox(box));
    editor.viewer.invalidate("top");
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Editor} editor
   */
  key(event, editor) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "s") return this._switch(editor);
    if (!this._prompt.steps.length && !this._pressed) return false;
    if (event.key === "Enter") this._finish(editor);
    else if (event.key === "Escape") this._giveUp(editor);
    else if (event.key === "Backspace") this._back(editor);
    else return false;
    return true;
  }

  /** @param {Editor} editor */
  _switch(editor) {
    this._isInside = !this._isInside;
    editor.notify(
      this._isInside
        ? "Clicks say: the object is here (+)."
        : "Clicks say: the object is not here (−); s switches back.",
    );
    return true;
  }

  /**
   * @param {Editor} editor
   * @param {Prompt} prompt
   */
  _ask(editor, prompt) {
    this._prompt = prompt;
    this._problem = "";
    if (!isEnough(prompt)) {
      this._latest.drop();
      this._answer = null;
      this._problem = prompt.points.length ? "A − alone means nothing: click inside the object first." : "";
      return this._tell(editor);
    }
    if (!this._latest.isBusy) this._busySince = performance.now();
    const told = (/** @type {Answer} */ answer) => this._take(editor, answer);
    this._latest.ask(question(editor, prompt), told, (error) => this._fail(editor, error));
    this._tell(editor);
  }

  /**
   * @param {Editor} editor
   * @param {Answer} answer
   */
  _take(editor, answer) {
    this._answer = answer;
    if (!answer.shape.length) this._problem = "Nothing stands out there: click elsewhere on the object, or draw it.";
    if (this._finishes) this._finish(editor);
    this._tell(editor);
  }

  /**
   * @param {Editor} editor
   * @param {unknown} error
   */
  _fail(editor, error) {
    if (!(error instanceof ApiError)) throw error;
    this._finishes = false;
    this._problem = [error.message, error.nextStep].filter(Boolean).join(": ");
    editor.notify(this._problem, "error");
    this._tell(editor);
  }

  /** The object is finished; where the last click is not answered yet, as soon as it is. @param {Editor} editor */
  _finish(editor) {
    if (this._latest.isBusy) {
      this._finishes = true;
    } else if (this._answer?.shape.length) {
      this._add(editor, this._answer);
    }
  }

  /**
   * @param {Editor} editor
   * @param {Answer} answer
   */
  _add(editor, { shape, kind, engine }) {
    this._reset();
    this._tell(editor);
    void addObject(editor, { kind, shape, extra: { assist: engine } });
  }

  /** @param {Editor} editor */
  _giveUp(editor) {
    this._reset();
    this._tell(editor);
  }

  /** @param {Editor} editor */
  _back(editor) {
    const prompt = takenBack(this._prompt);
    if (prompt.steps.length) this._ask(editor, prompt);
    else this._giveUp(editor);
  }

  /** @param {Editor} editor */
  _tell(editor) {
    const { points, box } = this._prompt;
    const score = this._answer?.score ?? null;
    assistState.value = {
      clicks: points.length + (box ? 1 : 0),
      isBusy: this._latest.isBusy,
      score,
      problem: this._problem,
    };
    editor.viewer.invalidate("top");
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Transform} transform
   * @param {Editor} editor
   */
  draw(context, transform, editor) {
    const color = colorOf(editor);
    if (this._answer) drawShape(context, transform, this._answer.shape, color);
    if (this._box ?? this._prompt.box) drawFrame(context, transform, this._box ?? this._prompt.box ?? []);
    drawPrompt(context, transform, this._prompt);
    if (!this._latest.isBusy) return;
    drawWorking(context, transform, this._prompt, performance.now() - this._busySince);
    requestAnimationFrame(() => editor.viewer.invalidate("top"));
  }
}

/**
 * What the server is asked.
 * @param {Editor} editor
 * @param {Prompt} prompt
 */
function question(editor, { points, box }) {
  const { channels, currentClass, plane, store, view, viewer } = editor;
  const shown = channels.value.flatMap(({ shown }, n) => (shown ? [n] : []));
  const alike = store.byClass(currentClass.value).filter(({ author }) => !author.startsWith("model:"));
  return {
    view: view.id,
    plane: plane.value,
    engine: assistEngine.value,
    points,
    box,
    zoom: viewer.transform.value.scale,
    channels: shown.length < channels.value.length ? shown : [],
    hints: hintsOf(alike.slice(-MOST_SEEN).map(({ shape }) => shapeArea(shape))),
  };
}

/** @type {import("../types.js").Tool} */
export const assist = new AssistTool();
