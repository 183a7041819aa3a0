/** The public API, asked by the page: session, CSRF token, and the store that this page is about. */
import { say } from "./say.js";

const csrf = () => document.querySelector('meta[name="csrf"]').content;

/** What the API refused: its problem document. `code` is NETWORK when there was no answer at all. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail);
    this.status = status;
    this.code = body.code;
    this.body = body;
    this.errors = body.errors ?? [];
  }
}

/**
 * Ask the API. `body` is sent as JSON, a FormData as it is; `key` is the Idempotency-Key. Resolves to the answer's body
 * (null without one). Rejects with a Problem.
 */
export async function call(method, path, options = {}) {
  const { response, body } = await ask(method, path, options);
  if (response.ok) return body;
  throw new Problem(response.status, { code: "BROKEN", detail: say("broken"), ...(body ?? {}) });
}

/** As `call` for reading what may not have changed: `{ changed, body, etag }`. */
export async function look(path, etag) {
  const { response, body } = await ask("GET", path, { headers: etag ? { "If-None-Match": etag } : {} });
  if (response.status === 304) return { changed: false, etag };
  if (!response.ok) throw new Problem(response.status, { code: "BROKEN", detail: say("broken"), ...(body ?? {}) });
  return { changed: true, body, etag: response.headers.get("ETag") };
}

async function ask(method, path, { body, key, headers = {} } = {}) {
  const sent = { Accept: "application/json", "X-Store": document.documentElement.dataset.store, ...headers };
  if (method !== "GET") sent["X-CSRFToken"] = csrf();
  if (key) sent["Idempotency-Key"] = key;
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) sent["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      headers: sent,
      body: isForm || body === undefined ? body : JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new Problem(0, { code: "NETWORK", detail: say("network") });
  }
  const text = response.status === 204 ? "" : await response.text();
  return { response, body: text && /json/.test(response.headers.get("Content-Type")) ? JSON.parse(text) : null };
}
