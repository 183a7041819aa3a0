/** Lists in forms that grow: a button makes one more row like the last. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add-row]");
  if (!button) return;
  const rows = button.closest("[data-rows]").querySelectorAll("[data-row]");
  const made = rows[rows.length - 1].cloneNode(true);
  for (const input of made.querySelectorAll("input")) Object.assign(input, { value: "", readOnly: false });
  rows[rows.length - 1].after(made);
  made.querySelector("input").focus();
});
