/** What needs scripts can be used as soon as they are there. */
export function enable(part) {
  for (const waiting of part.querySelectorAll("[data-wait]")) {
    waiting.disabled = false;
    waiting.removeAttribute("data-wait");
  }
}
