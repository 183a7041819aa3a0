/** Dialogs: the native element keeps the focus inside and closes on Escape; the first focus is the harmless button. */

/** Open a dialog of the page. */
export function open(dialog) {
  dialog.showModal();
  (dialog.querySelector("[autofocus], [data-safe]") ?? dialog.querySelector("input, select, button"))?.focus();
}

/** Ask before something is done: `{ title, text, go, tone, reasoned }`. Resolves to null, or to `{ reason }`. */
export function confirmed({ title, text, go, tone = "", reasoned = false }) {
  const dialog = document.getElementById("confirm");
  const yes = dialog.querySelector("[data-go]");
  const field = dialog.querySelector("[data-reason]");
  const reason = field.querySelector("input");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("[data-text]").textContent = text;
  yes.textContent = go;
  yes.classList.toggle("danger", tone === "bad");
  field.hidden = !reasoned;
  reason.value = "";
  return new Promise((resolve) => {
    let answer = null;
    const agree = () => {
      answer = { reason: reason.value.trim() };
      dialog.close();
    };
    yes.addEventListener("click", agree);
    dialog.addEventListener(
      "close",
      () => {
        yes.removeEventListener("click", agree);
        resolve(answer);
      },
      { once: true },
    );
    open(dialog);
  });
}

/** Show a secret this once. Resolves when the reader says that they have it. */
export function showSecret(value) {
  const dialog = document.getElementById("secret");
  dialog.querySelector("[data-value]").textContent = value;
  return new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
    open(dialog);
  });
}
