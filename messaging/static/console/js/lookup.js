/** Finding people: what is looked for goes into the body of a request, never into an address. */
import { call } from "./api.js";
import { element, named, say } from "./say.js";
import { complain, toastNext } from "./toasts.js";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.lookup) return;
  event.preventDefault();
  try {
    const wanted = form.elements[form.dataset.member].value.trim();
    const { results } = await call("POST", form.dataset.lookup, { body: { [form.dataset.member]: wanted } });
    show(form, results);
  } catch (problem) {
    complain(problem);
  }
});

function show(form, results) {
  const { page, into, add } = form.dataset;
  if (!into && results.length) return location.assign(page + results[0].id);
  const place = document.getElementById(into ?? "found");
  if (!place) return complain({ message: say("nothing") });
  const rows = results.map((row) => line(row, page, add));
  place.replaceChildren(
    rows.length
      ? element("table", { class: "cards" }, element("tbody", {}, ...rows))
      : element("div", { class: "empty" }, element("p", {}, say("nothing"))),
  );
  place.hidden = false;
}

function line(row, page, add) {
  const name = [row.first_name, row.last_name].filter(Boolean).join(" ") || row.phone;
  const button = add
    ? element("button", { class: "button slim", type: "button", onclick: () => addTo(add, row.id) }, "+")
    : null;
  return element(
    "tr",
    {},
    element("td", {}, element("a", { href: page + row.id }, name)),
    element("td", { class: "number" }, row.phone ?? ""),
    element("td", {}, row.consent ? named(row.consent) : named(row.status)),
    element("td", { class: "right" }, button),
  );
}

async function addTo(list, contact) {
  try {
    await call("POST", `lists/${list}/members`, { body: { add: [contact] } });
    toastNext(say("saved"));
    location.reload();
  } catch (problem) {
    complain(problem);
  }
}
