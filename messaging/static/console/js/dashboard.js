/** The first page, live while something is being sent or planned: its parts are taken anew when the store says so. */
import { watch } from "./live.js";
import { fresh, refresh } from "./refresh.js";

const PARTS_SECONDS = 5;
let waiting = null;

async function freshen() {
  await refresh();
  waiting = null;
}

watch({ stream: "store/events", event: "campaigns", ask: fresh, tell: () => (waiting ??= setTimeout(freshen, PARTS_SECONDS * 1000)) });
