/** News of the server: a stream while there is one, else a question every few seconds; and the page says which. */
import { look } from "./api.js";
import { say } from "./say.js";

const POLL_SECONDS = 3;
const PATIENCE_SECONDS = 4; // without a stream, before the page asks by itself
const SIGN_SELECTOR = "[data-live]";

function sign(state) {
  for (const place of document.querySelectorAll(SIGN_SELECTOR)) {
    place.hidden = false;
    place.dataset.state = state;
    place.textContent = say(state);
  }
}

/**
 * Call `tell` with each news, until `end`: `{ stream, event, poll, tell }`. `stream` and `poll` are paths of the API;
 * `event` is the name of the stream's events, whose data are what `poll` answers.
 */
export function watch({ stream, event, poll, tell }) {
  let source = null;
  let timer = null;
  let etag = null;
  let over = false;

  function openStream() {
    source = new EventSource(`/api/v1/${stream}`);
    const patience = setTimeout(startPolling, PATIENCE_SECONDS * 1000);
    source.addEventListener(event, (news) => {
      clearTimeout(patience);
      stopPolling();
      sign("live");
      tell(JSON.parse(news.data));
    });
    source.addEventListener("end", end);
    source.addEventListener("error", () => {
      if (over) return;
      startPolling();
      if (source.readyState === EventSource.CLOSED) setTimeout(reopen, 30_000);
    });
  }

  function reopen() {
    if (!over && source.readyState === EventSource.CLOSED) openStream();
  }

  function startPolling() {
    if (timer || over || !poll) return;
    sign(navigator.onLine ? "polling" : "offline");
    timer = setInterval(askOnce, POLL_SECONDS * 1000);
    askOnce();
  }

  function stopPolling() {
    clearInterval(timer);
    timer = null;
  }

  async function askOnce() {
    if (document.hidden) return;
    try {
      const seen = await look(poll, etag);
      if (!timer) return;
      sign("polling");
      etag = seen.etag;
      if (seen.changed) tell(seen.body);
    } catch (problem) {
      if (problem.status === 401 || problem.status === 404) end();
      else sign("offline");
    }
  }

  function end() {
    over = true;
    stopPolling();
    source.close();
    for (const place of document.querySelectorAll(SIGN_SELECTOR)) place.hidden = true;
  }

  openStream();
  addEventListener("pagehide", () => source.close());
}
