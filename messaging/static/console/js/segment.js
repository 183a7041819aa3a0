/** The rules of a segment. The server draws them; this saves the reader a new page, and counts while one types. */
import { Problem } from "./api.js";
import { say } from "./say.js";
import { complain } from "./toasts.js";

const form = document.getElementById("segment");
const PAUSE = 900; // milliseconds without a key before the server is asked
let asked = 0;
let timer = null;

/** The page as the server draws it after this press; null when a later one is on its way, or it was refused. */
async function press(action) {
  const mine = (asked += 1);
  clearTimeout(timer);
  const body = new FormData(form);
  body.set("do", action);
  let response;
  try {
    response = await fetch(location.pathname, { method: "POST", body, headers: { Accept: "text/html" }, cache: "no-store" });
  } catch {
    return complain(new Problem(0, { code: "NETWORK", detail: say("network") })) && null;
  }
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  if (mine !== asked) return null;
  if (fresh.getElementById("rules")) return fresh;
  const code = response.status === 429 ? "RATE_LIMITED" : "BROKEN";
  complain(new Problem(response.status, { code, detail: say("broken"), retry_after: Number(response.headers.get("Retry-After")) }));
  return null;
}

async function redraw(action, focused) {
  const fresh = await press(action);
  if (!fresh) return;
  document.getElementById("rules").replaceChildren(...fresh.getElementById("rules").children);
  const empty = form.querySelector('select[data-redraw] option[value=""]:checked');
  (document.getElementById(focused) ?? empty?.closest("select") ?? form.querySelector("select[data-redraw]"))?.focus();
  later();
}

async function look() {
  form.setAttribute("aria-busy", "true");
  const fresh = await press("look");
  form.removeAttribute("aria-busy");
  if (!fresh) return;
  for (const made of fresh.querySelectorAll('[id^="told"], [id^="fault-"]')) {
    const old = document.getElementById(made.id);
    const rule = document.getElementById(made.id.replace("fault-", "r-"));
    if (made.id.startsWith("fault-") && rule) rule.setAttribute("aria-invalid", String(!made.hidden));
    const typing = old?.querySelector("input:focus");
    if (typing && typing.value !== made.querySelector("input")?.value) continue;
    if (old && old.innerHTML !== made.innerHTML) old.replaceWith(document.adoptNode(made));
  }
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE);
}

form.addEventListener("submit", (event) => {
  const action = event.submitter?.value ?? "look";
  if (action === "save") return;
  event.preventDefault();
  if (action === "look") look();
  else redraw(action, "");
});

form.addEventListener("change", (event) => {
  if ("redraw" in event.target.dataset) redraw("draw", event.target.id);
});

form.addEventListener("input", (event) => {
  const { name } = event.target;
  if (/^[knv]-/.test(name)) later();
});
