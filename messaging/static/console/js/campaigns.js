/** The list of campaigns, live: a bar, a number and a state at a time; a state that is new draws the list anew. */
import { watch } from "./live.js";
import { countersOf, draw, stacked } from "./progress.js";
import { fresh, refresh } from "./refresh.js";
import { number } from "./say.js";

function show({ campaigns }) {
  for (const campaign of campaigns) {
    const row = document.querySelector(`[data-campaign="${campaign.id}"]`);
    if (!row) continue;
    if (row.querySelector("[data-status]").dataset.status !== campaign.status) return refresh();
    const bar = row.querySelector("svg.bar");
    if (!bar) continue;
    const unwritten = campaign.status === "sending" ? Math.max(campaign.expected - campaign.audience, 0) : 0;
    const known = ["pending", "sent", "delivered", "undelivered", "failed", "skipped", "unknown"];
    const rest = campaign.audience - known.reduce((sum, name) => sum + campaign[name], 0);
    const seen = stacked({ ...campaign, unconfirmed: Math.max(rest, 0), waiting: campaign.pending + unwritten });
    draw(bar, seen);
    row.querySelector("[data-delivered]").textContent = number(countersOf(seen).delivered);
    row.querySelector("[data-total]").textContent = number(seen.total);
  }
}

if (document.querySelector('[data-status="sending"], [data-status="paused"], [data-status="scheduled"]')) {
  watch({ stream: "store/events", event: "campaigns", tell: show, ask: fresh });
}
