import { ApiError, address, get } from "./api.js";
import { bytes } from "./core/words.js";

/** @typedef {import("./drop.js").Given} Given */

/**
 * How an upload goes.
 * @typedef {Object} Progress
 * @property {number} files that are through
 * @property {number} bytes that are through
 */

const AT_ONCE = 3;
const TRIES = 3;
const WAIT_MS = 800;

/**
 * Send files to a batch, a few at a time. A file that the server refuses does not keep the others.
 * @param {string} batch
 * @param {Given[]} given
 * @param {(progress: Progress) => void} told
 * @param {AbortSignal} signal stops it
 * @returns {Promise<{path: string, why: string}[]>} files that could not be sent
 * @throws {ApiError} the server is away, or has no room for them
 */
export async function uploadAll(batch, given, told, signal) {
  await requireRoom(given);
  const waiting = [...given];
  /** @type {Map<string, number>} */
  const sent = new Map();
  let files = 0;
  /** @type {{path: string, why: string}[]} */
  const failed = [];
  const tell = () => told({ files, bytes: [...sent.values()].reduce((sum, some) => sum + some, 0) });
  const work = async () => {
    for (let one = waiting.shift(); one && !signal.aborted; one = waiting.shift()) {
      const { path, file } = one;
      const why = await sendPatiently(batch, one, signal, (some) => (sent.set(path, some), tell()));
      if (why) failed.push({ path, why });
      sent.set(path, file.size);
      files += 1;
      tell();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  signal.throwIfAborted();
  return failed;
}

/**
 * A browser may not hear a refusal while it is still sending: so the room is asked for before.
 * @param {Given[]} given
 */
async function requireRoom(given) {
  const room = await get("api/uploads");
  const total = given.reduce((sum, { file }) => sum + file.size, 0);
  const large = given.find(({ file }) => file.size > room.max_bytes);
  const step = "annelid import FOLDER in a terminal leaves the images where they are";
  if (large)
    throw new ApiError(400, { message: `${large.path} has more than ${bytes(room.max_bytes)}`, next_step: step });
  if (room.free_bytes !== null && total > room.free_bytes) {
    const message = `these files have ${bytes(total)}, and the project's drive has room for ${bytes(room.free_bytes)}`;
    throw new ApiError(400, { message, next_step: `free some disk space; or ${step}` });
  }
}

/**
 * Send a file, again where the connection broke.
 * @param {string} batch
 * @param {Given} given
 * @param {AbortSignal} signal
 * @param {(bytes: number) => void} told
 * @returns {Promise<string>} why it could not be sent, or ""
 */
async function sendPatiently(batch, given, signal, told) {
  for (let left = TRIES; ; left -= 1) {
    try {
      await send(batch, given, signal, told);
      return "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status !== 0) return `${error.message}${error.nextStep ? ` (${error.nextStep})` : ""}`;
      if (left <= 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
}

/**
 * XMLHttpRequest, because fetch does not tell how far it is.
 * @param {string} batch
 * @param {Given} given
 * @param {AbortSignal} signal
 * @param {(bytes: number) => void} told
 * @returns {Promise<void>}
 */
function send(batch, { path, file }, signal, told) {
  const name = path.split("/").map(encodeURIComponent).join("/");
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    const stop = () => request.abort();
    signal.addEventListener("abort", stop);
    request.upload.addEventListener("progress", (event) => told(event.loaded));
    request.addEventListener("load", () => (request.status === 201 ? resolve() : reject(refused(request))));
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () => reject(signal.reason ?? new DOMException("stopped", "AbortError")));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", stop));
    request.open("PUT", address(`api/uploads/${name}`, { batch }));
    request.send(file);
  });
}

/** @param {XMLHttpRequest} request */
function refused(request) {
  try {
    return new ApiError(request.status, JSON.parse(request.responseText).error);
  } catch {
    return new ApiError(request.status, { message: `${request.status} ${request.statusText}` });
  }
}

/** The server is away; or the file was moved or changed after it was chosen, which looks the same. */
function unreachable() {
  return new ApiError(0, {
    message: "the file could not be sent",
    next_step: "is annelid serve still running, and the file where it was?",
  });
}
