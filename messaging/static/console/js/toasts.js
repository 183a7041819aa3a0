/** Short words about what was done, at the edge of the screen; they outlive a reload. */
import { element, meaning, say } from "./say.js";

const place = document.getElementById("toasts");
const KEPT = "toast";
const SECONDS = 7;

/** Show a toast: `tone` good, warn or bad; `code` is the API's, for who asks support; `link` is [text, address]. */
export function toast(text, { tone = "good", code = "", link = null } = {}) {
  const sign = element("button", { class: "button slim bare", type: "button", "aria-label": "×", onclick: () => made.remove() }, "×");
  const words = element("div", {}, text);
  if (link) words.append(" ", element("a", { href: link[1] }, link[0]));
  if (code) words.append(" ", element("span", { class: "tiny soft code" }, code));
  const made = element("div", { class: "toast", "data-tone": tone, "data-code": code }, words, sign);
  // In the top layer, so that an open dialog does not hide it.
  if (place.matches(":popover-open")) place.hidePopover();
  place.append(made);
  place.showPopover();
  if (tone !== "bad") setTimeout(() => made.remove(), SECONDS * 1000);
  return made;
}

/** Show it on the page that comes next. */
export function toastNext(text, options = {}) {
  sessionStorage.setItem(KEPT, JSON.stringify([text, options]));
}

/** Show what the page before left for this one. */
export function toastKept() {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (kept) toast(...JSON.parse(kept));
}

/** What can be done about a refusal: [text, address], or undefined. */
export function wayOut(code) {
  return {
    INSUFFICIENT_CREDITS: [say("buy"), "/billing"],
    SUBSCRIPTION_REQUIRED: [say("buy"), "/billing"],
    NO_RECIPIENTS: [say("import"), "/imports/new"],
    UNAUTHENTICATED: [say("signed_out"), `/login?next=${encodeURIComponent(location.pathname)}`],
    INVALID_STATUS: [say("reload"), location.pathname],
    ALREADY_SENDING: [say("reload"), location.pathname],
  }[code];
}

/** A remark of a quote, with its code and what can be done about it. */
export function remark(tone, one) {
  const way = wayOut(one.code);
  const words = element("div", {}, meaning(one), " ", way && element("a", { href: way[1] }, way[0]), " ", element("span", { class: "code tiny" }, one.code));
  return element("div", { class: "notice", "data-tone": tone, "data-code": one.code, role: "alert" }, words);
}

/** Say what a Problem means and what can be done about it. */
export function complain(problem) {
  if (problem.code === "RATE_LIMITED") return countDown(problem.body.retry_after ?? 1);
  const known = problem instanceof Error && problem.code;
  if (!known) console.error(problem);
  return toast(known ? meaning(problem) : say("broken"), { tone: "bad", code: problem.code ?? "", link: wayOut(problem.code) });
}

function countDown(seconds) {
  const made = toast(say("wait", { n: seconds }), { tone: "warn", code: "RATE_LIMITED" });
  const words = made.firstChild;
  let left = seconds;
  const timer = setInterval(() => {
    left -= 1;
    words.firstChild.textContent = say("wait", { n: Math.max(left, 0) });
    if (left <= 0) {
      clearInterval(timer);
      made.remove();
    }
  }, 1000);
  return made;
}
