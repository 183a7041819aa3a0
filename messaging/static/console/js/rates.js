/** The rate of a campaign over time, to look closer at. uPlot draws it, and is fetched only by who asks for it. */
import { call } from "./api.js";
import { hour, named, number, say } from "./say.js";
import UPlot from "../vendor/uplot.js";

const TALL = 280; // pixels
const FRESH_SECONDS = 10;
const CLOSER = 2;
const ASIDE = 0.5; // of what is shown
const zone = document.documentElement.dataset.zone || "UTC";
const day = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short", timeZone: zone });
let plot = null;
let whole = [0, 1];

/** Draw into the open dialog, and anew while the campaign goes on. Rejects with a Problem. */
export async function drawRates(dialog, id, status) {
  const place = dialog.querySelector("[data-plot]");
  await style(dialog.dataset.style);
  const read = async () => columns(await call("GET", `campaigns/${id}/series`));
  const data = await read();
  if (!dialog.open) return; // closed meanwhile
  draw(dialog, place, data);
  const timer = setInterval(async () => {
    if (document.hidden || !["sending", "paused"].includes(status())) return;
    const newer = await read().catch(() => null);
    if (newer && dialog.open) put(newer);
  }, FRESH_SECONDS * 1000);
  const moved = () => plot.setSize({ width: place.clientWidth, height: TALL });
  const step = (event) => go(event.target.closest("[data-step]")?.dataset.step);
  addEventListener("resize", moved);
  dialog.addEventListener("click", step);
  dialog.addEventListener("close", () => {
    clearInterval(timer);
    removeEventListener("resize", moved);
    dialog.removeEventListener("click", step);
    plot.destroy();
  }, { once: true });
}

function style(href) {
  if (document.querySelector(`link[href="${href}"]`)) return null;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  document.head.append(link);
  return new Promise((resolve) => (link.onload = link.onerror = resolve));
}

/** uPlot's columns: seconds, sent per minute, failed per minute; a campaign rises from nothing and falls to it. */
function columns({ bucket, points }) {
  const each = 60 / bucket;
  const rows = points.map((one) => [Date.parse(one.at) / 1000, one.sent * each, (one.failed + one.undelivered) * each]);
  const first = rows[0]?.[0] ?? Math.floor(Date.now() / 1000);
  const edges = [[first - bucket, 0, 0], ...rows, [(rows.at(-1)?.[0] ?? first) + bucket, 0, 0]];
  return [0, 1, 2].map((at) => edges.map((row) => row[at]));
}

function draw(dialog, place, data) {
  const colour = (name) => getComputedStyle(dialog).getPropertyValue(name).trim();
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  const many = (_, value) => (value === null ? "–" : number(Math.round(value)));
  place.replaceChildren();
  plot = new UPlot(
    {
      width: place.clientWidth,
      height: TALL,
      tzDate: (at) => UPlot.tzDate(new Date(at * 1000), zone),
      cursor: { drag: { x: true, y: false } },
      scales: { y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.1] } },
      axes: [{ ...axis, values: (_, marks) => marks.map((at) => when(at, marks.at(-1) - marks[0])) }, { ...axis, size: 64, values: (_, marks) => marks.map(number) }],
      series: [
        { label: say("time"), value: (_, at) => (at === null ? "–" : `${day.format(at * 1000)} ${hour(at * 1000)}`) },
        { label: named("accepted"), stroke: colour("--brand"), width: 2, fill: `${colour("--brand")}18`, value: many },
        { label: named("failed"), stroke: colour("--bad"), width: 1.5, value: many },
      ],
      hooks: { setScale: [(drawn, name) => name === "x" && tell(dialog, drawn)] },
    },
    data,
    place,
  );
  whole = [data[0][0], data[0].at(-1)];
  tell(dialog, plot);
}

function when(at, seconds) {
  return seconds > 2 * 86400 ? day.format(at * 1000) : hour(at * 1000);
}

/** In words, for who does not see the line: what is shown, and the most in it. */
function tell(dialog, drawn) {
  const { min, max } = drawn.scales.x;
  const most = drawn.data[0].reduce((top, at, n) => (at >= min && at <= max ? Math.max(top, drawn.data[1][n]) : top), 0);
  const facts = { a: hour(min * 1000), b: hour(max * 1000), n: number(Math.round(most)) };
  dialog.querySelector("[data-span]").textContent = say("span", facts);
}

/** Newer numbers; whoever looks at a part goes on looking at it. */
function put(data) {
  const { min, max } = plot.scales.x;
  const all = min <= whole[0] && max >= whole[1];
  whole = [data[0][0], data[0].at(-1)];
  plot.setData(data, all);
  if (!all) plot.setScale("x", { min, max });
}

function go(step) {
  const { min, max } = plot.scales.x;
  const [middle, width] = [(min + max) / 2, max - min];
  const shown = {
    in: [middle - width / CLOSER / 2, middle + width / CLOSER / 2],
    out: [middle - (width * CLOSER) / 2, middle + (width * CLOSER) / 2],
    back: [min - width * ASIDE, max - width * ASIDE],
    on: [min + width * ASIDE, max + width * ASIDE],
    all: whole,
  }[step];
  if (shown) plot.setScale("x", inside(shown));
}

/** Never further than there is something to see, nor closer than a minute. */
function inside([from, until]) {
  const width = Math.min(Math.max(until - from, 60), whole[1] - whole[0]);
  const min = Math.min(Math.max((from + until - width) / 2, whole[0]), whole[1] - width);
  return { min, max: min + width };
}
