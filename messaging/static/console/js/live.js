/** News of the server: a stream while there is one, else a question every few seconds; and the page says which. */
import { say } from "./say.js";
import { complain } from "./toasts.js";

const ASK_SECONDS = 3;
const PATIENCE_SECONDS = 4; // without a stream, before the page asks by itself
const AGAIN_SECONDS = [1, 30]; // until a lost stream is opened again: doubled from the first to the last
const SIGN_SELECTOR = "[data-live]";

function sign(state, facts) {
  for (const place of document.querySelectorAll(SIGN_SELECTOR)) {
    place.hidden = false;
    place.dataset.state = state;
    place.textContent = say(state, facts);
  }
}

/**
 * Call `tell` with each news, until `end`: `{ stream, event, tell, ask }`. `stream` is a path of the API and `event` the
 * name of its events; `ask(etag)` answers like `look` of api.js, and its body is told as an event's data are.
 */
export function watch({ stream, event, tell, ask }) {
  let source = null;
  let asking = null;
  let opening = null;
  let etag = null;
  let restUntil = 0;
  let [again] = AGAIN_SECONDS;
  let over = false;

  function openStream() {
    clearTimeout(opening);
    source?.close();
    source = new EventSource(`/api/v1/${stream}`);
    const mine = source;
    const patience = setTimeout(startAsking, PATIENCE_SECONDS * 1000);
    source.addEventListener(event, (news) => {
      clearTimeout(patience);
      [again] = AGAIN_SECONDS;
      stopAsking();
      sign("live");
      tell(JSON.parse(news.data));
    });
    source.addEventListener("end", end);
    source.addEventListener("error", () => {
      clearTimeout(patience);
      if (!over && mine === source) lost();
    });
  }

  // Not left to the browser: Chromium does not come back by itself when the redirection led to nobody. Nor all at
  // once: when the stream process starts anew, all who watch have lost it in the same moment.
  function lost() {
    source.close();
    startAsking();
    opening = setTimeout(openStream, again * (0.5 + Math.random()) * 1000);
    again = Math.min(again * 2, AGAIN_SECONDS[1]);
  }

  function startAsking() {
    if (asking || over) return;
    sign(navigator.onLine ? "polling" : "offline");
    asking = setInterval(askOnce, ASK_SECONDS * 1000);
    askOnce();
  }

  function stopAsking() {
    clearInterval(asking);
    asking = null;
  }

  async function askOnce() {
    if (document.hidden || Date.now() < restUntil) return;
    try {
      const seen = await ask(etag);
      if (!asking) return;
      sign("polling");
      etag = seen.etag;
      if (seen.changed) tell(seen.body);
    } catch (problem) {
      refused(problem);
    }
  }

  function refused(problem) {
    if (problem.status === 401 || problem.status === 404) {
      end();
      complain(problem);
    } else if (problem.status === 429) {
      const wait = problem.body.retry_after ?? ASK_SECONDS;
      restUntil = Date.now() + wait * 1000;
      sign("limited", { n: wait });
    } else sign("offline");
  }

  function end() {
    over = true;
    stopAsking();
    clearTimeout(opening);
    source.close();
    for (const place of document.querySelectorAll(SIGN_SELECTOR)) place.hidden = true;
  }

  openStream();
  addEventListener("offline", () => over || sign("offline"));
  addEventListener("online", () => over || openStream());
  addEventListener("visibilitychange", () => asking && askOnce());
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", ({ persisted }) => persisted && !over && openStream());
}
