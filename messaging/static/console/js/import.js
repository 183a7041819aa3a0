/** The import wizard: file, columns, a trial that changes nothing, the import; with its progress. */
import { call } from "./api.js";
import { element, freshKey, named, number, say } from "./say.js";
import { complain } from "./toasts.js";

const form = document.getElementById("import");
const show = (name) => form.querySelector(`[data-part="${name}"]`);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const FIRST_BYTES = 64 * 1024;
const AGAIN_SECONDS = 1;
let columns = [];

function step(name) {
  for (const item of document.querySelectorAll("[data-step]")) {
    if (item.dataset.step === name) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
}

/** The first rows of a text file, cut at the delimiter that its first line has most of; good enough to look at. */
async function peek(file) {
  if (/\.xlsx$/i.test(file.name)) return [];
  const text = await file.slice(0, FIRST_BYTES).text();
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/).filter((line) => line.trim()).slice(0, 4);
  if (!lines.length) return [];
  const delimiter = [",", ";", "\t", "|"].sort((one, other) => lines[0].split(other).length - lines[0].split(one).length)[0];
  return lines.map((line) => line.split(delimiter).map((cell) => cell.replace(/^"|"$/g, "").trim()));
}

function showColumns(names, mapping, rows) {
  columns = names;
  const picks = names.map((name) => pick(name, mapping?.[name]));
  const heads = element("tr", {}, ...names.map((name) => element("th", {}, name)));
  show("columns").querySelector("[data-mapping]").replaceChildren(heads, element("tr", {}, ...picks));
  const lines = rows.map((row) => element("tr", {}, ...names.map((_, at) => element("td", { class: "small" }, String(row[at] ?? "")))));
  show("columns").querySelector("[data-rows]").replaceChildren(...lines);
  show("columns").hidden = !names.length;
}

function pick(name, field) {
  const select = element("select", { "data-column": name, "aria-label": name });
  const auto = element("option", { value: "?" }, field === undefined ? say("by_itself") : say("left_out"));
  if (field !== undefined) auto.value = "";
  select.append(auto, document.getElementById("fields").content.cloneNode(true));
  if (field !== undefined) select.append(element("option", { value: "?" }, say("by_itself")));
  if (field && !Array.from(select.options).some(({ value }) => value === field)) select.append(element("option", { value: field }, named(field)));
  select.value = field ?? "?";
  return element("th", {}, select);
}

const mapping = () =>
  Object.fromEntries(
    Array.from(form.querySelectorAll("[data-column]"), (select) => [select.dataset.column, select.value]).filter(([, value]) => value !== "?"),
  );

function body(trial) {
  const sent = new FormData();
  sent.set("file", form.elements.file.files[0]);
  for (const name of ["consent", "consent_source", "list", "list_name"]) {
    if (form.elements[name].value) sent.set(name, form.elements[name].value);
  }
  if (Object.keys(mapping()).length) sent.set("mapping", JSON.stringify(mapping()));
  sent.set("dry_run", trial ? "true" : "false");
  return sent;
}

async function run(trial) {
  const fault = form.querySelector("[data-fault]");
  const buttons = form.querySelectorAll("button");
  fault.hidden = true;
  buttons.forEach((button) => (button.disabled = true));
  step(trial ? "trial" : "import");
  try {
    const made = await call("POST", "imports", { body: body(trial), key: freshKey() });
    if (!trial) return location.assign(`/imports/${made.id}`);
    await follow(made);
  } catch (problem) {
    if (problem.status === 429 || !problem.code) complain(problem);
    else {
      fault.textContent = `${problem.errors.map(({ detail }) => detail).join(" ") || problem.message} (${problem.errors[0]?.code ?? problem.code})`;
      fault.hidden = false;
    }
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
  return null;
}

async function follow(made) {
  const rows = await peek(form.elements.file.files[0]);
  let job = made;
  showColumns(Object.keys(job.mapping), job.mapping, samples(rows, Object.keys(job.mapping)));
  show("progress").hidden = false;
  while (["pending", "running"].includes(job.status)) {
    count(job);
    await sleep(AGAIN_SECONDS * 1000);
    job = await state(job);
  }
  count(job);
  form.querySelector("[data-go]").textContent = say("try_again");
  form.querySelector("[data-go]").classList.remove("main");
  form.querySelector("[data-real]").hidden = job.status !== "done" || job.rows === job.refused;
}

/** The import as it is now; when we may not ask at the moment, as it was. */
async function state(job) {
  try {
    return await call("GET", `imports/${job.id}`);
  } catch (problem) {
    if (problem.status !== 429 && problem.code !== "NETWORK") throw problem;
    await sleep((problem.body.retry_after ?? AGAIN_SECONDS) * 1000);
    return job;
  }
}

function samples(rows, names) {
  return rows.length && rows[0].length === names.length ? rows.slice(1) : [];
}

function count(job) {
  const over = !["pending", "running"].includes(job.status);
  const bar = show("progress").querySelector("progress");
  bar.hidden = over;
  show("progress").querySelector('[data-show="doing"]').textContent = say(over ? "would_be" : "reading");
  const lines = ["rows", "created", "updated", "unchanged", "duplicates", "refused"].flatMap((name) => [
    element("dt", {}, named(`import_${name}`)), element("dd", {}, number(job[name])),
  ]);
  show("progress").querySelector("[data-counts]").replaceChildren(...lines);
  const errors = show("progress").querySelector("[data-errors]");
  errors.hidden = !over || !job.refused;
  errors.href = `/api/v1/imports/${job.id}/errors.csv`;
  if (job.error) complain({ message: job.error, code: "IMPORT" });
}

async function chosen() {
  const [first = [], ...rows] = await peek(form.elements.file.files[0]);
  showColumns(first, undefined, rows);
  form.querySelector("[data-real]").hidden = true;
  if (columns.length) step("columns");
}

form.elements.file.addEventListener("change", chosen);
if (form.elements.file.files.length) chosen(); // before this script was there
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (form.elements.file.files.length) run(true);
  else form.elements.file.focus();
});
form.querySelector("[data-real]").addEventListener("click", () => run(false));
