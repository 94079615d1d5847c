/** What the server refused, and what to do next. */
export class ApiError extends Error {
  /**
   * @param {number} status HTTP status; 0 when the server could not be reached
   * @param {{message: string, next_step?: string, [key: string]: unknown}} error
   */
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.nextStep = error.next_step ?? "";
    this.detail = error;
  }
}

/** The page's own address, behind whatever a proxy puts in front. */
const BASE = new URL(".", globalThis.document?.baseURI ?? "http://127.0.0.1/").pathname;

/**
 * The address of something the server has.
 * @param {string} path such as `api/views`
 * @param {Record<string, string | number | undefined>} [query]
 */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return BASE + path + (text ? `?${text}` : "");
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 * @throws {ApiError} the server refused, or could not be reached
 */
export async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path.startsWith("/") ? path : address(path), options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, { message: "the server does not answer", next_step: "is annelid serve still running?" });
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new ApiError(response.status, body?.error ?? { message: `${response.status} ${response.statusText}` });
}

/**
 * Read JSON.
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export async function get(path, options) {
  return (await request(path, options)).json();
}

/**
 * Send JSON and read the answer.
 * @param {string} path
 * @param {unknown} [body]
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export async function post(path, body = {}, options = {}) {
  const headers = { "Content-Type": "application/json" };
  return (await request(path, { method: "POST", headers, body: JSON.stringify(body), ...options })).json();
}
