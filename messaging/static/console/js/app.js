/** What every page does: forms that talk to the API, dialogs, being offline, what the page before had to say. */
import { open } from "./dialogs.js";
import { listen } from "./forms.js";
import { enable } from "./ready.js";
import { say } from "./say.js";
import { toast, toastKept } from "./toasts.js";

listen();
enable(document);
toastKept();

document.addEventListener("change", (event) => {
  if ("submit" in event.target.dataset) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("button[data-open]");
  if (opener && !["send", "retry"].includes(opener.dataset.open)) open(document.getElementById(opener.dataset.open));
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  if (event.target.closest("[data-copy]")) copy(event.target.closest("dialog"));
  for (const menu of document.querySelectorAll("details.more[open], details.store[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.more[open], details.store[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

async function copy(dialog) {
  await navigator.clipboard.writeText(dialog.querySelector("[data-value]").textContent);
  toast(say("copied"));
}

const offline = document.getElementById("offline");
const shown = () => (offline.hidden = navigator.onLine);
addEventListener("offline", shown);
addEventListener("online", () => {
  shown();
  toast(say("online"));
});
shown();

// On a phone tabs stand in one line that is pushed: the one where the reader is must be seen.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
