/** News of the server: a stream while there is one, else a question every few seconds; and the page says which. */
import { look } from "./api.js";
import { say } from "./say.js";

const POLL_SECONDS = 3;
const PATIENCE_SECONDS = 4; // without a stream, before the page asks by itself
const AGAIN_SECONDS = [2, 30]; // until a lost stream is opened again: doubled from the first to the last
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
  let [again] = AGAIN_SECONDS;
  let over = false;

  function openStream() {
    source = new EventSource(`/api/v1/${stream}`);
    const patience = setTimeout(startPolling, PATIENCE_SECONDS * 1000);
    source.addEventListener(event, (news) => {
      clearTimeout(patience);
      [again] = AGAIN_SECONDS;
      stopPolling();
      sign("live");
      tell(JSON.parse(news.data));
    });
    source.addEventListener("end", end);
    source.addEventListener("error", () => {
      clearTimeout(patience);
      if (!over) lost();
    });
  }

  // Not left to the browser: Chromium does not come back by itself when the redirection led to nobody.
  function lost() {
    source.close();
    startPolling();
    setTimeout(() => over || openStream(), again * 1000);
    again = Math.min(again * 2, AGAIN_SECONDS[1]);
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
