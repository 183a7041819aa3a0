/** Forms and buttons that name a call of the API: `data-api="POST lists"`. What they need is said by attributes. */
import { call } from "./api.js";
import { confirmed, showSecret } from "./dialogs.js";
import { freshKey, named, number, say } from "./say.js";
import { complain, toast, toastNext } from "./toasts.js";

const READ = {
  number: (input) => (input.value === "" ? null : Number(input.value)),
  null: (input) => (input.value === "" ? null : input.value),
  flag: (input) => input.checked,
  truth: (input) => ({ true: true, false: false })[input.value] ?? null,
  json: (input) => JSON.parse(input.value),
  scalar: (input) => scalar(input.value.trim()),
  list: (input) => input.value.split(/[,;\n]/).map((one) => one.trim()).filter(Boolean),
};

/** A number, true or false where a text looks like one. */
function scalar(text) {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/**
 * The rows of a list of objects, `data-rows="conditions"` around `data-row`, or, with `data-pairs`, of one object: name
 * and value. A row whose first field is empty is none.
 */
function collectRows(form, body) {
  for (const list of form.querySelectorAll("[data-rows]")) {
    const rows = Array.from(list.querySelectorAll("[data-row]"), (row) => row.querySelectorAll("[data-member]"));
    const said = rows.filter(([first]) => first.value.trim());
    body[list.dataset.rows] =
      "pairs" in list.dataset
        ? Object.fromEntries(said.map(([name, value]) => [name.value.trim(), value.value]))
        : said.map((inputs) => Object.fromEntries(Array.from(inputs, (input) => [input.dataset.member, valueOf(input)])));
  }
}

const valueOf = (input) => (READ[input.dataset.type] ?? ((one) => one.value))(input);

/** The JSON that a form stands for; `a.b` is a member of a member. */
export function collect(form) {
  const body = {};
  collectRows(form, body);
  for (const input of form.elements) {
    if (!input.name || input.disabled || (input.type === "radio" && !input.checked)) continue;
    const [outer, inner] = input.name.split(".");
    if (input.type === "checkbox" && input.dataset.type === "list") {
      body[outer] ??= [];
      if (input.checked) body[outer].push(input.value);
    } else {
      const value = valueOf(input);
      if (inner) (body[outer] ??= {})[inner] = value;
      else body[outer] = value;
    }
  }
  return body;
}

/** Show what was refused at the fields that it is about, the rest below the form. */
export function showFaults(form, problem) {
  const box = form.querySelector("[data-fault]");
  for (const input of form.elements) input.removeAttribute("aria-invalid");
  const lines = problem.errors.map(({ pointer, detail }) => {
    const name = pointer.replace(/^#?\//, "").replaceAll("/", ".");
    const input = form.elements[name] ?? form.elements[name.split(".")[0]];
    (input instanceof RadioNodeList ? input[0] : input)?.setAttribute("aria-invalid", "true");
    return input ? `${named(name.split(".").at(-1))}: ${detail}` : detail;
  });
  if (!box) return complain(problem);
  box.hidden = false;
  box.textContent = `${lines.join(" ") || problem.message} (${problem.code})`;
  form.querySelector("[aria-invalid]")?.focus();
}

/** Do what a form or button names; while it runs nothing can be pressed twice. Resolves to the answer, or null. */
export async function perform(source, body) {
  const [method, path] = source.dataset.api.split(" ");
  const buttons = source.matches("form") ? source.querySelectorAll("button") : [source];
  buttons.forEach((button) => (button.disabled = true));
  source.setAttribute("aria-busy", "true");
  try {
    const answer = await call(method, path, { body, key: keyOf(source, body) });
    delete source.dataset.key;
    await arrive(source, answer);
    return answer;
  } catch (problem) {
    if (source.matches("form")) showFaults(source, problem);
    if (!source.matches("form") || problem.status === 429 || !problem.code) complain(problem);
    return null;
  } finally {
    source.removeAttribute("aria-busy");
    buttons.forEach((button) => (button.disabled = false));
  }
}

/** One key for one wish: pressed again it is the same, with another body it is another. */
function keyOf(source, body) {
  if (!("once" in source.dataset)) return undefined;
  const wish = JSON.stringify(body ?? null);
  if (source.dataset.wish !== wish || !source.dataset.key) Object.assign(source.dataset, { wish, key: freshKey() });
  return source.dataset.key;
}

async function arrive(source, answer) {
  source.closest("dialog")?.close();
  if (source.dataset.secret) await showSecret(answer[source.dataset.secret]);
  const next = source.dataset.next ?? "reload";
  if (source.dataset.saidAs === "test") return sayTest(answer);
  const words = source.dataset.said ?? say(source.dataset.api.startsWith("DELETE") ? "deleted" : "saved");
  if (next === "{url}") return location.assign(answer.url);
  if (next === "stay") return toast(words);
  toastNext(words);
  if (next === "reload") return location.reload();
  return location.assign(next.replace("{id}", answer?.id ?? ""));
}

function sayTest({ messages, skipped }) {
  const credits = messages.reduce((sum, one) => sum + one.credits, 0);
  if (messages.length) toast(say("test_sent", { n: messages.length, c: number(credits) }));
  for (const { to, reason } of skipped) toast(say("skipped_test", { to, reason: named(reason) }), { tone: "warn" });
}

/** Take over every form and button of the page that names a call; also those that come later. */
export function listen() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.api) return;
    event.preventDefault();
    perform(form, collect(form));
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-api]");
    if (!button) return;
    const { title, text, go, tone, body } = button.dataset;
    const reasoned = "reasoned" in button.dataset;
    const answer = title ? await confirmed({ title, text, go, tone, reasoned }) : {};
    if (!answer) return;
    const said = body ? JSON.parse(body) : button.dataset.api.startsWith("DELETE") ? undefined : {};
    await perform(button, reasoned ? { ...said, reason: answer.reason } : said);
  });
}
