/** Parts of a page as the server draws them now: `data-refresh` elements are replaced by their twins of a fresh copy. */
import { Problem } from "./api.js";
import { enable } from "./ready.js";
import { say } from "./say.js";

let running = null;
let next = null;

/** Fetch the page again and put in its parts. What the reader is using stays as it is; what fails is tried next time. */
export function refresh() {
  return fresh().catch(() => null);
}

/**
 * The same for `watch`: rejects with a Problem. What is on its way was drawn before whoever asks now saw his news, so it
 * is not for him: all who ask meanwhile share the one after.
 */
export function fresh() {
  if (running) return (next ??= running.catch(() => null).then(afresh));
  running = fetchParts().finally(() => (running = null));
  return running;
}

function afresh() {
  next = null;
  return fresh();
}

async function fetchParts() {
  const text = await page();
  const copy = new DOMParser().parseFromString(text, "text/html");
  for (const old of document.querySelectorAll("[data-refresh]")) {
    const made = copy.getElementById(old.id);
    const used = old.contains(document.activeElement) || old.querySelector("details[open], [aria-busy]");
    if (!made || used || old.innerHTML === made.innerHTML) continue;
    old.replaceWith(document.adoptNode(made));
    enable(made);
  }
  return { changed: false }; // nothing is left to be told
}

async function page() {
  let response;
  try {
    response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  } catch {
    throw new Problem(0, { code: "NETWORK", detail: say("network") });
  }
  const wait = Number(response.headers.get("Retry-After")) || undefined;
  if (!response.ok) throw new Problem(response.status, { code: "BROKEN", detail: say("broken"), retry_after: wait });
  return response.text();
}
