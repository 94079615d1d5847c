// The next image is fetched while one still works on this one.

import { get } from "./api.js";
import { initialChannels } from "./core/channels.js";
import { keptChannels } from "./panels/channel_memory.js";
import { fitted } from "./core/transform.js";
import { placesInSight } from "./view/draw_list.js";
import { requestTile } from "./view/tile_request.js";

/** @typedef {import("./types.js").Annotation} Annotation */
/** @typedef {import("./types.js").ViewSummary} ViewSummary */
/** @typedef {import("./core/channels.js").PixelFacts} PixelFacts */

/**
 * What an editor begins with.
 * @typedef {Object} Start
 * @property {ViewSummary} view
 * @property {PixelFacts} facts
 * @property {Annotation} annotation
 */

const MOST_TILES = 6;

/** @type {{id: string, start: Promise<Start>} | null} */
let next = null;

/**
 * What is needed to open a view; from what was fetched ahead where that is still so.
 * @param {string} id
 * @returns {Promise<Start>}
 */
export async function startOf(id) {
  const ahead = next?.id === id ? next.start : null;
  next = null;
  if (!ahead) return opened(id);
  const [view, start] = await Promise.all([get(pathOf(id)), ahead.catch(() => null)]);
  if (!start) return opened(id);
  if (start.annotation.revision === view.revision) return { ...start, view };
  return { view, facts: start.facts, annotation: await get(`${pathOf(id)}/annotation`) };
}

/**
 * Fetch a view that will probably be opened next, and the tiles that show it as a whole.
 * @param {string} id
 */
export function fetchAhead(id) {
  if (next?.id === id) return;
  next = { id, start: fetched(id, new AbortController().signal) };
}

/**
 * What is needed now: from then on the viewer asks for its tiles itself.
 * @param {string} id
 */
function opened(id) {
  const tiles = new AbortController();
  return fetched(id, tiles.signal).finally(() => tiles.abort());
}

/**
 * All of it at once; the first tiles are asked for before thousands of objects have come.
 * @param {string} id
 * @param {AbortSignal} enough no more tiles are wanted
 * @returns {Promise<Start>}
 */
async function fetched(id, enough) {
  const path = pathOf(id);
  const asked = get(`${path}/pixels`);
  asked.then((facts) => coarseTiles(id, facts, enough)).catch(() => {});
  const [view, facts, annotation] = await Promise.all([get(path), asked, get(`${path}/annotation`)]);
  return { view, facts, annotation };
}

/**
 * Let the browser keep the tiles that show the whole image.
 * @param {string} id
 * @param {PixelFacts} facts
 * @param {AbortSignal} enough no more are wanted; what is on its way may come
 */
async function coarseTiles(id, facts, enough) {
  const screen = { width: innerWidth - 360, height: innerHeight - 120, ratio: devicePixelRatio || 1 };
  const transform = fitted({ width: facts.size_wh[0], height: facts.size_wh[1] }, screen);
  const shown = initialChannels(facts, keptChannels(facts)).flatMap((channel, n) =>
    channel.shown || facts.is_rgb ? [n] : [],
  );
  const { signal } = new AbortController();
  for (const place of placesInSight(facts, transform, screen).slice(0, MOST_TILES)) {
    if (enough.aborted) return;
    await requestTile(id, facts.version, facts.plane, place, shown, signal);
  }
}

/** @param {string} id */
function pathOf(id) {
  return `api/views/${encodeURIComponent(id)}`;
}
