// The values that everything here passes around. Coordinates: x right, y down, float pixels of the full-resolution
// image, (0, 0) the top-left corner of the first pixel; boxes are half-open.

/**
 * A closed ring without its first vertex repeated: x0, y0, x1, y1, ...
 * @typedef {number[]} Ring
 */

/**
 * Parts of rings: the first ring of a part is its outline, the others are its holes.
 * @typedef {Ring[][]} Shape
 */

/** @typedef {"box" | "polygon" | "mask" | "point" | "ellipse" | "rotated_box"} Kind */

/** @typedef {"new" | "draft" | "reviewed"} State */

/**
 * One object on a view. Never changed in place: a changed object is a new value with the same id.
 * @typedef {Object} ImageObject
 * @property {string} id
 * @property {string} label class name
 * @property {Kind} kind
 * @property {Shape} shape
 * @property {number[] | null} params ellipse: cx, cy, rx, ry, angle; rotated box: cx, cy, width, height, angle (radians)
 * @property {number | null} score null when a person drew it
 * @property {string} author `human:ann`, `model:cells@v2`, `import:coco`
 * @property {string} origin id of the prediction that it corrects, or ""
 * @property {string} parent id of the object that contains it, or ""
 * @property {boolean} ignore
 * @property {Record<string, unknown>} extra attributes
 */

/**
 * What one action did to a view's annotation.
 * @typedef {Object} Change
 * @property {ImageObject[]} upsert added or put in the place of those with the same id
 * @property {string[]} removed ids
 * @property {Ring[]} [covered] the areas that are annotated completely from now on
 * @property {State} [state]
 * @property {string} [message] why, in a few words: shown in the history
 */

/**
 * The annotation of one view as the server has it.
 * @typedef {Object} Annotation
 * @property {string} view
 * @property {number} revision 0 when it was never saved
 * @property {State} state
 * @property {Ring[]} covered
 * @property {ImageObject[]} objects
 */

/**
 * A class of the project; its place in the list is its number.
 * @typedef {Object} ClassInfo
 * @property {string} name
 * @property {string} color `#rrggbb`, told apart by the colour-blind
 * @property {number} count objects in the project
 */

/**
 * One line of the list of images.
 * @typedef {Object} ViewSummary
 * @property {string} id of the view
 * @property {string} image id of the image
 * @property {string} name file name
 * @property {string} path
 * @property {[number, number]} size_wh
 * @property {string[]} channels
 * @property {string} dtype
 * @property {number | null} pixel_size_um
 * @property {string} group
 * @property {[number, number]} planes number of time points and focal planes
 * @property {{t: number, z: number, scene: number, projection: string}} plane
 * @property {State} state
 * @property {boolean} complete whether the whole image is covered
 * @property {number} covered share of the image, 0..1
 * @property {number} revision
 * @property {number} n_objects
 * @property {Record<string, number>} counts by class
 * @property {number} proposals objects of a model that nobody looked at
 * @property {number | null} certainty least score among the proposals
 * @property {string} part `train`, `val`, `test` or ""
 * @property {string} [changed] when it was saved last: UTC, ISO 8601; "" when never
 */

/**
 * What is shown of one channel.
 * @typedef {Object} Channel
 * @property {string} name
 * @property {boolean} shown
 * @property {string} color `#rrggbb`
 * @property {number} low value that is black
 * @property {number} high value that is in full colour
 * @property {number} gamma
 */

/**
 * Screen = image * scale + (x, y), in CSS pixels of the viewer's top-left corner.
 * @typedef {Object} Transform
 * @property {number} scale
 * @property {number} x
 * @property {number} y
 */

/**
 * A pointer event as a tool sees it.
 * @typedef {Object} ToolEvent
 * @property {number} x image pixels
 * @property {number} y image pixels
 * @property {number} sx CSS pixels in the viewer
 * @property {number} sy CSS pixels in the viewer
 * @property {boolean} shift
 * @property {boolean} alt
 * @property {boolean} ctrl Ctrl, or Command on a Mac
 * @property {number} button 0 left, 1 middle, 2 right
 * @property {string} pointer `mouse`, `pen`, `touch`
 * @property {number} pressure 0..1
 */

/**
 * A tool of the editor: a module in `tools/` exports one. All methods are optional but what a tool does not handle
 * belongs to the viewer (middle button, space bar and two fingers always pan and zoom).
 * @typedef {Object} Tool
 * @property {string} id
 * @property {string} title
 * @property {string} icon a character or an inline SVG path of 24 x 24
 * @property {string[]} keys
 * @property {string} cursor a CSS cursor
 * @property {string} hint one line for the status bar: what to do
 * @property {(editor: Editor) => void} [activate]
 * @property {(editor: Editor) => void} [deactivate] must give up or finish what was begun
 * @property {(event: ToolEvent, editor: Editor) => void} [down]
 * @property {(event: ToolEvent, editor: Editor) => void} [move]
 * @property {(event: ToolEvent, editor: Editor) => void} [up]
 * @property {(event: ToolEvent, editor: Editor) => void} [doubleClick]
 * @property {(event: KeyboardEvent, editor: Editor) => boolean} [key] whether it was handled
 * @property {(event: WheelEvent, editor: Editor) => void} [wheel] with Alt
 * @property {(context: CanvasRenderingContext2D, transform: Transform, editor: Editor) => void} [draw] its preview, in CSS
 *   pixels of the viewer, over everything else
 */

/**
 * Everything about the view that is being annotated. Made by `editor.js`; tools and panels read and write only this.
 * @typedef {Object} Editor
 * @property {ViewSummary} view
 * @property {import("./core/store.js").AnnotationStore} store
 * @property {import("./view/viewer.js").Viewer} viewer
 * @property {import("./signal.js").Signal<ClassInfo[]>} classes
 * @property {import("./signal.js").Signal<string>} currentClass name, "" while there is none
 * @property {import("./signal.js").Signal<Set<string>>} selection ids
 * @property {import("./signal.js").Signal<Set<string>>} hidden ids
 * @property {import("./signal.js").Signal<Set<string>>} locked ids
 * @property {import("./signal.js").Signal<string>} tool id
 * @property {import("./signal.js").Signal<{t: number, z: number, projection?: string}>} plane that is looked at
 * @property {import("./signal.js").Signal<Channel[]>} channels
 * @property {string} author `human:ann`
 * @property {App} app
 * @property {import("./actions.js").Actions} actions what can be done now; whoever adds some takes them away again
 * @property {ViewSummary[]} views all of the project, in the order of the list of images
 * @property {import("./core/autosave.js").Autosave} autosave
 * @property {import("./signal.js").Signal<number>} brush radius in image pixels
 * @property {() => Promise<string>} askClass the current class; asks for one where there is none, "" when the drawing is thrown away
 * @property {(text: string, level?: "info" | "warning" | "error") => void} notify
 * @property {(change: Partial<Change>) => void} apply a local change: `store.apply` with what is missing filled in
 * @property {(id: string) => ImageObject} corrected the object with id as the person's own: author, score null, origin
 */

/**
 * What the pages share.
 * @typedef {Object} App
 * @property {(hash: string) => void} go to another page: `#/images`, `#/annotate/ID`, `#/train`, `#/runs/NAME`, `#/models`
 * @property {(text: string, level?: "info" | "warning" | "error") => void} notify
 * @property {string} author `human:ann`
 * @property {import("./core/live.js").Live} live events of the server
 */

/**
 * A page: a module in `pages/` that exports `mount`, which fills the host and returns how to leave it.
 * @typedef {(host: HTMLElement, app: App, argument: string) => Promise<() => void>} Mount
 */

export {};
