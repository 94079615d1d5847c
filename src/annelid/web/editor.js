import { get } from "./api.js";
import { startOf } from "./ahead.js";
import { Actions } from "./actions.js";
import { refreshClasses } from "./classes_of_project.js";
import { Autosave } from "./core/autosave.js";
import { initialChannels } from "./core/channels.js";
import { isSamePlane } from "./core/planes.js";
import { AnnotationStore } from "./core/store.js";
import { journalOfPage } from "./journal_of_page.js";
import { keep } from "./keep.js";
import { keptChannels } from "./panels/channel_memory.js";
import { classOfDrawing } from "./panels/ask_class.js";
import { session } from "./session.js";
import { Signal } from "./signal.js";
import { TOOLS } from "./tools/index.js";
import { look } from "./tools/look.js";
import { ObjectLayer } from "./view/object_layer.js";
import { Viewer } from "./view/viewer.js";
import { viewsOfProject } from "./views_of_project.js";

/** @typedef {import("./types.js").App} App */
/** @typedef {import("./types.js").Channel} Channel */
/** @typedef {import("./types.js").ClassInfo} ClassInfo */
/** @typedef {import("./types.js").Editor} Editor */
/** @typedef {import("./types.js").ImageObject} ImageObject */
/** @typedef {import("./types.js").ViewSummary} ViewSummary */
/** @typedef {{classes: ClassInfo[], views: ViewSummary[], store: AnnotationStore, autosave: Autosave}} Parts */

/**
 * Open a view for annotation.
 * @param {HTMLElement} host of the viewer
 * @param {App} app
 * @param {string} id of the view
 * @returns {Promise<{editor: Editor, facts: import("./core/channels.js").PixelFacts, close: () => Promise<void>}>}
 * @throws {import("./api.js").ApiError} there is no such view, or its image cannot be read
 */
export async function openEditor(host, app, id) {
  const [start, classes, views, journal] = await Promise.all([
    startOf(id),
    get("api/classes"),
    viewsOfProject(id),
    journalOfPage(),
  ]);
  const store = new AnnotationStore(start.annotation);
  const autosave = new Autosave(store, { author: app.author, live: app.live, journal });
  const editor = madeEditor(host, app, { ...start, classes, views, store, autosave });
  const leave = connect(editor);
  editor.viewer.load(id, start.facts, start.view.plane);
  if (session.place?.image === start.view.image) editor.viewer.zoomTo(session.place.scale, session.place.centre);
  tellRecovered(editor, await autosave.recover());
  const close = async () => {
    session.place = placeOf(editor);
    for (const stop of leave) stop();
    editor.viewer.close();
    editor.viewer.objects.close();
    await autosave.flush();
    autosave.close();
  };
  return { editor, facts: start.facts, close };
}

/**
 * @param {HTMLElement} host
 * @param {App} app
 * @param {import("./ahead.js").Start & Parts} given
 * @returns {Editor}
 */
function madeEditor(host, app, { view, facts, classes, views, store, autosave }) {
  const channels = new Signal(initialChannels(facts, keptChannels(facts)));
  const viewer = new Viewer(host, { channels });
  const known = classes.some(({ name }) => name === session.currentClass);
  /** @type {Editor} */
  const editor = {
    view,
    views,
    store,
    autosave,
    viewer,
    app,
    author: app.author,
    actions: new Actions(),
    classes: new Signal(classes),
    currentClass: new Signal(known ? session.currentClass : (classes[0]?.name ?? "")),
    selection: new Signal(/** @type {Set<string>} */ (new Set())),
    hidden: new Signal(/** @type {Set<string>} */ (new Set())),
    locked: new Signal(/** @type {Set<string>} */ (new Set())),
    tool: new Signal(session.tool),
    plane: new Signal(/** @type {import("./core/planes.js").Plane} */ (view.plane)),
    channels,
    brush: new Signal(session.brush),
    notify: app.notify,
    apply: (change) => void store.apply(change, "local"),
    corrected: (id) => corrected(store, app, id),
    askClass: async () => editor.currentClass.value || classOfDrawing(editor),
  };
  viewer.attach(editor, new ObjectLayer(viewer.objectCanvas, editor));
  return editor;
}

/**
 * An object as the person's own; where it was a model's it remembers that.
 * @param {AnnotationStore} store
 * @param {App} app
 * @param {string} id
 * @returns {ImageObject}
 */
function corrected(store, app, id) {
  const object = store.get(id);
  if (!object) throw new Error(`there is no object ${id} on ${store.view}`);
  const origin = object.author.startsWith("model:") ? object.origin || id : object.origin;
  return { ...object, author: app.author, score: null, origin };
}

/**
 * Where one is on the image: its other planes are shown there too.
 * @param {Editor} editor
 * @returns {typeof session.place}
 */
function placeOf({ view, viewer }) {
  const centre = viewer.toImage(viewer.screen.width / 2, viewer.screen.height / 2);
  return { image: view.image, scale: viewer.transform.value.scale, centre };
}

/**
 * Let the parts hear of each other.
 * @param {Editor} editor
 * @returns {(() => void)[]} stop that
 */
function connect(editor) {
  const { viewer, store, app } = editor;
  const showTool = () => {
    const chosen = TOOLS.find((tool) => tool.id === editor.tool.value) ?? TOOLS[0];
    viewer.setTool(isSamePlane(editor.plane.value, editor.view.plane) ? chosen : look);
    session.tool = chosen.id;
  };
  showTool();
  viewer.objects.options.value = session.display;
  return [
    editor.tool.subscribe(showTool),
    editor.plane.subscribe((plane) => viewer.showPlane(plane)),
    editor.plane.subscribe(showTool),
    editor.currentClass.subscribe((name) => (session.currentClass = name)),
    editor.brush.subscribe((radius) => keep("brush", String((session.brush = radius)))),
    viewer.objects.options.subscribe((options) => (session.display = options)),
    store.subscribe(({ change }) => forgetGone(editor, change.removed)),
    app.live.on("classes", () => void refreshClasses(editor)),
    app.live.on("hello", () => void refreshClasses(editor)),
  ];
}

/**
 * @param {Editor} editor
 * @param {string[]} removed
 */
function forgetGone(editor, removed) {
  if (!removed.length) return;
  for (const signal of [editor.selection, editor.hidden, editor.locked]) {
    if (removed.some((id) => signal.value.has(id))) {
      signal.value = new Set([...signal.value].filter((id) => editor.store.get(id)));
    }
  }
}

/**
 * @param {Editor} editor
 * @param {number} count
 */
function tellRecovered(editor, count) {
  if (count)
    editor.notify(
      `${count} unsaved ${count === 1 ? "change is" : "changes are"} back from before and will be saved now.`,
    );
}
