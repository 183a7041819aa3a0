/** The send dialog: the exact price, who is left out, what is left after; and one key, so that it is sent once. */
import { call } from "./api.js";
import { open } from "./dialogs.js";
import { element, freshKey, named, number, say } from "./say.js";
import { complain, remark, toastNext } from "./toasts.js";

const TYPE_FROM = 5000; // recipients, from which on their number has to be typed
const dialog = document.getElementById("send");
const part = (name) => dialog.querySelector(`[data-field="${name}"]`);
let quote = null;
let key = null;
let campaign = null;

/** Open the dialog for a campaign and count. */
export async function openSend(id) {
  campaign = id;
  key = freshKey();
  part("changed").hidden = true;
  open(dialog);
  await count();
}

async function count(before = null) {
  quote = null;
  part("go").disabled = true;
  part("counting").hidden = false;
  try {
    quote = await call("GET", `campaigns/${campaign}/quote`);
  } catch (problem) {
    part("counting").hidden = true;
    part("notes").replaceChildren(remark("bad", problem));
    return;
  }
  part("counting").hidden = true;
  fill(before);
}

function fill(before) {
  const people = number(quote.recipients);
  part("title").textContent = `${say("send_to", { n: people })}?`;
  part("go").querySelector("span").textContent = say("send_to", { n: people });
  part("sums").replaceChildren(...sums(before).flatMap(line));
  part("sums").hidden = false;
  part("notes").replaceChildren(...quote.blockers.map((one) => remark("bad", one)), ...quote.warnings.map((one) => remark("warn", one)));
  const typing = part("typing");
  typing.hidden = quote.recipients < TYPE_FROM;
  typing.querySelector("label").textContent = say("type_to_confirm", { n: quote.recipients });
  typing.querySelector("input").value = "";
  allow();
}

function sums(before) {
  const excluded = Object.entries(quote.exclusions).filter(([, count]) => count);
  const all = quote.recipients + excluded.reduce((sum, [, count]) => sum + count, 0);
  const sizes = Object.entries(quote.parts_histogram);
  const was = (name) => (before && before[name] !== quote[name] ? ` (${say("was", { n: number(before[name]) })})` : "");
  return [
    [named("contacts_in_audience"), number(all), ""],
    ...excluded.map(([reason, count]) => [named(reason), `−${number(count)}`, "sub"]),
    [named("recipients_left"), number(quote.recipients) + was("recipients"), ""],
    [named("parts_total"), number(quote.parts) + was("parts"), ""],
    ...(sizes.length > 1 ? sizes.map(([size, count]) => [size === "1" ? say("one_part") : say("parts", { n: size }), `${number(count)} ×`, "sub"]) : []),
    ...(new Set(quote.countries.map((one) => one.credits_per_part)).size > 1
      ? quote.countries.map((one) => [`${one.country} · ${say("credits", { n: number(one.credits_per_part) })} / ${say("one_part")}`, number(one.credits), "sub"])
      : []),
    [named("price_total"), number(quote.credits) + was("credits"), ""],
    ...(quote.allowance.used ? [[named("of_allowance"), `−${number(quote.allowance.used)}`, "sub"]] : []),
    [named("balance_before"), number(quote.balance.before), ""],
    [named("balance_after"), number(quote.balance.after), "total"],
  ];
}

function line([term, value, kind]) {
  return [element("dt", { class: kind }, term), element("dd", { class: kind }, value)];
}

function allow() {
  const typed = dialog.querySelector("#send-typed").value.replace(/\D/g, "");
  const agreed = part("typing").hidden || typed === String(quote?.recipients);
  part("go").disabled = !quote || quote.blockers.length > 0 || !agreed;
}

async function send() {
  if (part("go").disabled) return;
  part("go").disabled = true;
  part("go").setAttribute("aria-busy", "true");
  try {
    const answer = await call("POST", `campaigns/${campaign}/enqueue`, { body: { quote_id: quote.id }, key });
    const waits = answer.queue.state === "unavailable";
    toastNext(say(waits ? "queue_waits" : "sending_started", { n: number(answer.recipients) }), { tone: waits ? "warn" : "good" });
    location.reload();
  } catch (problem) {
    await refused(problem);
  } finally {
    part("go").removeAttribute("aria-busy");
  }
}

async function refused(problem) {
  if (problem.code === "QUOTE_CHANGED") {
    const before = quote;
    const expired = problem.body.difference?.changed?.join() === "expired";
    part("changed").querySelector("div").textContent = `${say(expired ? "quote_expired" : "quote_changed")} ${problem.message}`;
    part("changed").hidden = false;
    return count(before);
  }
  if (["ALREADY_SENDING", "INVALID_STATUS"].includes(problem.code)) {
    toastNext(say("already_sending"), { tone: "warn", code: problem.code });
    return location.reload();
  }
  complain(problem);
  allow();
}

if (dialog) {
  part("go").addEventListener("click", send);
  dialog.querySelector("#send-typed").addEventListener("input", allow);
  dialog.querySelector("form").addEventListener("submit", (event) => {
    if (event.submitter?.value !== "no") event.preventDefault();
  });
}
