/** Parts of a page as the server draws them now: `data-refresh` elements are replaced by their twins of a fresh copy. */
import { enable } from "./ready.js";

let running = null;

/** Fetch the page again and put in its parts. Two at once are one; what the reader is using stays as it is. */
export function refresh() {
  running ??= fetchParts().finally(() => (running = null));
  return running;
}

async function fetchParts() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const old of document.querySelectorAll("[data-refresh]")) {
    const made = fresh.getElementById(old.id);
    const used = old.contains(document.activeElement) || old.querySelector("details[open], [aria-busy]");
    if (!made || used || old.innerHTML === made.innerHTML) continue;
    old.replaceWith(document.adoptNode(made));
    enable(made);
  }
}
