/**
 * Keys belong to the image again after a button was pressed, or a value chosen, with the mouse: `Enter` shall accept a
 * proposal and not press that button once more. Who goes through the page by keys is left where they are.
 * @param {HTMLElement} host of the page
 * @param {HTMLElement} stage what takes the keys
 * @returns {() => void} stop that
 */
export function handBack(host, stage) {
  const stop = new AbortController();
  let isByMouse = false;
  const back = () => stage.focus({ preventScroll: true });
  const press = (/** @type {MouseEvent} */ event) => {
    isByMouse = true;
    const { target } = event;
    if (!(target instanceof Element) || !target.closest("button") || target.closest("dialog")) return;
    event.preventDefault(); // the button does not take the focus
    back();
  };
  const choose = (/** @type {Event} */ event) => {
    if (isByMouse && event.target instanceof HTMLSelectElement && !event.target.closest("dialog")) back();
  };
  host.addEventListener("mousedown", press, { signal: stop.signal });
  host.addEventListener("keydown", () => (isByMouse = false), { signal: stop.signal, capture: true });
  host.addEventListener("change", choose, { signal: stop.signal });
  return () => stop.abort();
}
