/** Writing a campaign: counter, costly characters, the exact price and a phone, while one types. */
import { call } from "./api.js";
import { bare, costlyLine, insert, measure } from "./meter.js";
import { element, freshKey, named, number, say } from "./say.js";
import { complain, remark, toastNext } from "./toasts.js";

const form = document.getElementById("editor");
const { count, offenders } = await import(form.dataset.sms);
const message = form.elements.message;
const PAUSE = 900; // milliseconds without a key before the server is asked
const KEY = freshKey();
let asked = 0;
let timer = null;
let saved = JSON.stringify(draft());

function draft() {
  const excluded = Array.from(form.querySelectorAll('[name="exclude"]:checked'), (box) => ({ [box.dataset.place]: box.value }));
  const place = form.elements.who.value;
  const chosen = place === "all" ? { all: true } : { [place]: form.elements[place].value };
  return {
    message: message.value,
    kind: form.elements.kind.value,
    audience: { ...chosen, exclude: excluded },
    on_missing: form.elements.on_missing.value,
    plain_values: form.elements.plain_values.checked,
  };
}

function changed() {
  measure(form, bare(message.value), count);
  showCostly(offenders(message.value));
  document.getElementById("bubble").textContent = bare(message.value);
  for (const place of ["list", "segment"]) document.getElementById(`one-${place}`).hidden = form.elements.who.value !== place;
  countSegment();
  clearTimeout(timer);
  timer = setTimeout(price, PAUSE);
}

/** How many contacts the chosen segment has now, and where its rules are. */
async function countSegment() {
  const box = document.getElementById("segment-count");
  const id = form.elements.who.value === "segment" ? form.elements.segment.value : "";
  if (box.dataset.of === id) return;
  box.dataset.of = id;
  document.getElementById("segment-page").href = `/segments/${id}`;
  box.textContent = id && say("quoting");
  try {
    const seen = id && (await call("GET", `segments/${id}?fields=count`));
    if (box.dataset.of === id) box.textContent = id && seen.count !== null ? say("contacts_in", { n: number(seen.count) }) : "";
  } catch (problem) {
    box.textContent = "";
    complain(problem);
  }
}

function showCostly(found) {
  const box = document.getElementById("costly");
  box.hidden = !found.length;
  box.querySelector("[data-list]").replaceChildren(...found.slice(0, 6).map((one) => costlyLine(one, () => replaceAll(one))));
}

function replaceAll({ character, replacement }) {
  write(message.value.replaceAll(character, replacement));
}

function write(text) {
  message.value = text;
  changed();
  message.focus();
}

async function price() {
  const mine = (asked += 1);
  const body = draft();
  if (!body.message.trim()) return;
  document.getElementById("quote-state").textContent = say("quoting");
  const [quote, preview] = await Promise.allSettled([
    call("POST", "campaigns/quote", { body }),
    call("POST", "campaigns/preview", { body }),
  ]);
  if (mine !== asked) return;
  document.getElementById("quote-state").textContent = "";
  if (quote.status === "fulfilled") showQuote(quote.value);
  else showFault(quote.reason);
  if (preview.status === "fulfilled") showPreview(preview.value);
}

function showQuote(quote) {
  clearFaults();
  const excluded = Object.entries(quote.exclusions).filter(([, amount]) => amount);
  const lines = [
    [named("recipients_left"), number(quote.recipients), ""],
    ...excluded.map(([reason, amount]) => [named(reason), `−${number(amount)}`, "sub"]),
    [named("parts_total"), number(quote.parts), ""],
    [named("price_total"), number(quote.credits), ""],
    [named("balance_after"), number(quote.balance.after), "total"],
  ];
  document.getElementById("quote").replaceChildren(
    ...lines.flatMap(([term, value, kind]) => [element("dt", { class: kind }, term), element("dd", { class: kind }, value)]),
  );
  const notes = [...quote.blockers.map((one) => ["bad", one]), ...quote.warnings.map((one) => ["warn", one])];
  document.getElementById("quote-notes").replaceChildren(
    ...notes.map(([tone, one]) => remark(tone, one)),
    ...quote.advice.values.map((one) =>
      element("p", { class: "small soft" }, say("in_names", { n: number(one.recipients), m: number(one.of), f: named(one.field), c: number(one.credits) })),
    ),
  );
  const options = quote.advice.options.filter((one) => one.saved_credits > 0).slice(0, 3);
  document.getElementById("costly").querySelector("[data-options]").replaceChildren(...options.map(optionButton));
  if (options.length) document.getElementById("costly").hidden = false;
}

function optionButton(option) {
  const take = () => {
    form.elements.plain_values.checked = option.plain_values;
    write(option.message);
  };
  const label = `${named(`option_${option.change}`)} · ${say("saves", { n: number(option.saved_credits) })}`;
  return element("button", { type: "button", class: "button slim", onclick: take }, label);
}

function showPreview({ text, messages }) {
  const first = messages[0];
  document.getElementById("bubble").textContent = first?.text ?? bare(text);
}

function clearFaults() {
  for (const box of form.querySelectorAll("[data-fault]")) box.hidden = true;
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

function showFault(problem) {
  clearFaults();
  if (problem.code === "RATE_LIMITED") return complain(problem);
  const errors = problem.errors.length ? problem.errors : [{ pointer: "", detail: `${problem.message} (${problem.code})` }];
  for (const { pointer, detail } of errors) {
    const name = pointer.replace(/^#?\//, "").split("/")[0];
    const box = form.querySelector(`[data-fault="${name}"]`) ?? form.querySelector('[data-fault=""]');
    box.textContent = detail;
    box.hidden = false;
    form.elements[name]?.setAttribute?.("aria-invalid", "true");
  }
}

async function save(event) {
  event.preventDefault();
  const button = form.querySelector('button[type="submit"]');
  button.disabled = true;
  const body = { ...draft(), name: form.elements.name.value.trim(), priority: form.elements.priority.value };
  try {
    const { id } = form.dataset;
    const answer = id ? await call("PATCH", `campaigns/${id}`, { body }) : await call("POST", "campaigns", { body, key: KEY });
    saved = JSON.stringify(draft());
    toastNext(say("saved"));
    location.assign(`/campaigns/${answer.id}${answer.status === "draft" ? "#send" : ""}`);
  } catch (problem) {
    showFault(problem);
    form.querySelector("[aria-invalid]")?.focus();
    button.disabled = false;
  }
}

form.addEventListener("submit", save);
form.addEventListener("input", changed);
form.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-field]");
  if (chip) insert(message, chip.dataset.field);
});
document.getElementById("texts")?.addEventListener("change", (event) => {
  event.stopPropagation();
  if (event.target.value) write(event.target.value);
});
addEventListener("beforeunload", (event) => {
  if (JSON.stringify(draft()) !== saved) event.preventDefault();
});
changed();
