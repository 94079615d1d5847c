// What the server tells of trainings and of the models that came of them. Only what the pages use is named.

/** @typedef {import("./panels/jobs.js").Job} Job */

/**
 * Figures of all classes or of one, of boxes or of outlines, with intervals.
 * @typedef {Object} Figures
 * @property {string} [name] of the class
 * @property {number} [objects]
 * @property {number} [F1]
 * @property {number} [P]
 * @property {number} [R]
 * @property {number} [mAP50]
 * @property {number} [mAP50-95]
 * @property {number} [conf] of P, R and F1
 * @property {Record<string, [number, number]> | null} [intervals]
 */

/** @typedef {Figures & {classes: Figures[]}} FiguresByClass */

/**
 * What a model was measured to be on one part.
 * @typedef {Object} Measured
 * @property {{mask?: FiguresByClass, box: FiguresByClass}} metrics
 * @property {number} objects
 * @property {number} images
 * @property {string[]} [notes]
 * @property {{groups?: number, notes?: string[]}} [uncertainty]
 */

/**
 * A version of a model in the library: its card.
 * @typedef {Object} Card
 * @property {string} name
 * @property {number} version
 * @property {string} reference `cells@v2`
 * @property {boolean} promoted whether the bare name means it
 * @property {string} engine
 * @property {string} created UTC, ISO 8601
 * @property {string} parent
 * @property {string} started_from
 * @property {string} run
 * @property {string[]} classes
 * @property {Record<string, number>} images by part
 * @property {Record<string, number>} objects by class
 * @property {Record<string, {mask?: Figures, box?: Figures}>} metrics by part
 * @property {Record<string, number>} thresholds
 * @property {Record<string, unknown>} preprocessing
 * @property {Record<string, string>} versions of the software
 * @property {number} epochs_run
 * @property {number} best_epoch
 * @property {number} seconds
 * @property {string} machine
 * @property {string} licence
 * @property {string} weights
 * @property {string} sha256
 * @property {string} notes
 * @property {string[]} remarks
 * @property {string[]} leakage
 */

/**
 * A training in the list of all.
 * @typedef {Object} RunLine
 * @property {string} name
 * @property {string} state `running`, `finished`, `failed`, `interrupted`
 * @property {number} epoch
 * @property {number} epochs
 * @property {number} started seconds
 * @property {string} model reference of what came of it, or ""
 * @property {Figures & {part: string}} metrics
 */

/**
 * What was heard last of a training that goes on.
 * @typedef {Object} Progress
 * @property {string} [what]
 * @property {number} [done]
 * @property {number} [of]
 * @property {number} [seconds]
 * @property {number} [seconds_left]
 * @property {number} [images_per_s]
 * @property {number} [memory_gb]
 */

/**
 * All that is to know of a training.
 * @typedef {Object} RunFacts
 * @property {string} engine
 * @property {string} task `segment` or `detect`
 * @property {string} start what it began with
 * @property {Record<string, unknown>} params
 * @property {string[]} said
 * @property {string[]} remarks
 * @property {Progress | null} last epoch
 * @property {Progress | null} now
 * @property {number} position byte of its events up to which all this goes
 * @property {Job | null} job that works on it, or will
 * @property {import("./core/course.js").Columns} curves
 * @property {{type: string, message: string, next_step?: string} | null} error
 * @property {Card | null} card
 * @property {Record<string, {classes: {name: string}[], confusion: number[][], conf: number | null}>} parts
 * @property {Record<string, Measured>} measured
 * @property {Verdict | null} verdict
 * @property {import("./panels/diagnosis.js").Finding[]} diagnosis
 * @property {string[]} pictures file names
 * @property {boolean} report
 */

/**
 * Is it good enough, in words.
 * @typedef {Object} Verdict
 * @property {string} answer
 * @property {string} advice
 * @property {string[]} sentences
 * @property {string[]} cautions
 * @property {{truth: number, found: number, extra: number}} counts
 */

/** @typedef {RunLine & RunFacts} Run */

/**
 * How many mistakes of each kind a model makes on one image.
 * @typedef {Object} MistakenImage
 * @property {string} view id, "" where the image is gone
 * @property {string} name
 * @property {string} part
 * @property {number} found
 * @property {number} objects
 * @property {Record<string, number>} counts by kind
 */

/** @typedef {{kinds: Record<string, string>, conf: number, images: MistakenImage[]}} Mistaken */

export {};
