/** The stacked bar: the same parts, in the same order, as messaging/console/progress.py draws. */
const PARTS = [
  "delivered", "sent", "unknown", "unconfirmed", "undelivered", "failed", "skipped", "cancelled", "in_flight", "waiting",
];

/** Recipients by part and their sum, of the API's progress. */
export function partsOf(progress) {
  const preparing = ["sending", "paused"].includes(progress.status) && !progress.prepared;
  const unwritten = preparing ? Math.max(progress.expected - progress.audience, 0) : 0;
  const counts = { ...progress.counts, in_flight: progress.in_flight, waiting: progress.waiting + unwritten };
  return stacked(counts);
}

export function stacked(counts) {
  const parts = Object.fromEntries(PARTS.map((name) => [name, counts[name] ?? 0]));
  const total = PARTS.reduce((sum, name) => sum + parts[name], 0);
  return { parts, total };
}

/** The four numbers above the bar. */
export function countersOf({ parts }) {
  return {
    delivered: parts.delivered,
    sent: parts.sent + parts.unknown,
    failed: parts.failed + parts.undelivered,
    waiting: parts.waiting + parts.in_flight,
  };
}

/** Put the widths of the parts into a bar. */
export function draw(bar, { parts, total }) {
  let x = 0;
  for (const name of PARTS) {
    const width = total ? (100 * parts[name]) / total : 0;
    const piece = bar.querySelector(`[data-part="${name}"]`);
    piece.setAttribute("x", `${x}%`);
    piece.setAttribute("width", `${width}%`);
    x += width;
  }
}
