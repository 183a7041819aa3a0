/** A text of the library or of an automation: its counter and its phone. */
import { bare, insert, measure } from "./meter.js";

const form = document.getElementById("text");
const { count } = await import(form.dataset.sms);
const area = form.elements[form.dataset.area ?? "text"];

function changed() {
  measure(form, bare(area.value), count);
  document.getElementById("bubble").textContent = bare(area.value);
}

area.addEventListener("input", changed);
form.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-field]");
  if (chip) insert(area, chip.dataset.field);
});
changed();
