/** A campaign's page while it goes on: its numbers live, its parts fresh, and the dialogs that spend. */
import { look } from "./api.js";
import { open } from "./dialogs.js";
import { watch } from "./live.js";
import { countersOf, draw, partsOf } from "./progress.js";
import { refresh } from "./refresh.js";
import { openRetry } from "./retry.js";
import { about, hour, named, number, say } from "./say.js";
import { openSend } from "./send.js";
import { complain } from "./toasts.js";

const page = document.getElementById("campaign");
const id = page.dataset.id;
const PARTS_SECONDS = 5; // how often charts and tables are drawn anew while numbers move; the first time sooner
const STILL_SECONDS = 20; // how often while none moves: why none does may be among them
let pause = 1.5;
let status = page.dataset.status;
let stale = null;

function put(selector, text) {
  for (const place of page.querySelectorAll(selector)) {
    if (place.textContent !== text) place.textContent = text;
  }
}

function pace({ rate, eta }) {
  const said = [];
  if (rate.messages) said.push(say("rate", { n: number(Math.round(rate.messages * 60)) }));
  if (eta.at) said.push(`${say("left", { t: about((new Date(eta.at) - Date.now()) / 1000) })} (${hour(eta.at)})`);
  if (eta.detail && eta.reason !== "ended") said.push(eta.detail);
  return said.join(" · ");
}

function show(progress) {
  const seen = partsOf(progress);
  const bar = page.querySelector("svg.bar");
  if (bar) {
    draw(bar, seen);
    const spoken = Object.entries(seen.parts).filter(([, count]) => count);
    bar.setAttribute("aria-label", spoken.map(([name, count]) => `${named(name)}: ${number(count)}.`).join(" "));
  }
  put('[data-show="percent"]', `${number(progress.percent)} %`);
  put('[data-show="pace"]', pace(progress));
  for (const [name, count] of Object.entries(countersOf(seen))) put(`[data-counter="${name}"]`, number(count));
  for (const [name, count] of Object.entries(seen.parts)) {
    put(`[data-count="${name}"]`, number(count));
    const item = page.querySelector(`.legend-row [data-part="${name}"]`);
    if (item) item.hidden = !count;
  }
  put('[data-count="total"]', number(seen.total));
  const drain = page.querySelector('[data-show="drain"]');
  if (drain) {
    drain.hidden = !progress.drain;
    drain.textContent = progress.drain?.text ?? "";
  }
  const moved = progress.status !== status;
  status = progress.status;
  if (moved && !bar) location.reload(); // it has begun: that is another page
  else if (moved) refresh();
  else stale ??= setTimeout(freshen, pause * 1000);
}

async function freshen() {
  await refresh();
  stale = null;
  pause = PARTS_SECONDS;
}

if ("watch" in page.dataset) {
  watch({ stream: `campaigns/${id}/events`, event: "progress", tell: show, ask: (etag) => look(`campaigns/${id}/progress`, etag) });
  setInterval(() => document.hidden || !["sending", "paused"].includes(status) || refresh(), STILL_SECONDS * 1000);
}

async function openRates() {
  const dialog = document.getElementById("rates");
  open(dialog);
  try {
    await (await import("./rates.js")).drawRates(dialog, id, () => status);
  } catch (problem) {
    dialog.close();
    complain(problem);
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-open="send"]')) openSend(id);
  const retry = event.target.closest("[data-retry]");
  if (retry) openRetry(id, retry.dataset.retry);
  if (event.target.closest("[data-rates]")) openRates();
});

if (location.hash === "#send" && document.getElementById("send") && ["draft", "scheduled"].includes(status)) {
  history.replaceState(null, "", location.pathname);
  openSend(id);
}
