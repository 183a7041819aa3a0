/** Trying the failed ones again, by reason, for the price that is shown. */
import { call } from "./api.js";
import { open } from "./dialogs.js";
import { element, freshKey, named, number, say } from "./say.js";
import { complain, toastNext } from "./toasts.js";

const dialog = document.getElementById("retry");
const part = (name) => dialog.querySelector(`[data-field="${name}"]`);
const ALL = "invalid_number,blocked_by_carrier,unreachable,provider_rejected,provider_error,route_down,exhausted,expired,other";
let campaign = null;
let key = null;
let price = null;

/** Open the dialog with one reason chosen, or with those that trying again may help. */
export async function openRetry(id, reason) {
  campaign = id;
  key = freshKey();
  part("changed").hidden = true;
  part("go").disabled = true;
  open(dialog);
  try {
    const [every, usual] = await Promise.all([
      call("GET", `campaigns/${id}/retry-price?classes=${ALL}`),
      call("GET", `campaigns/${id}/retry-price`),
    ]);
    const chosen = reason ? [reason] : Object.keys(usual.by_class);
    price = every.by_class;
    part("classes").replaceChildren(...Object.entries(price).map(([name, cost]) => choice(name, cost, chosen.includes(name))));
    sum();
  } catch (problem) {
    dialog.close();
    complain(problem);
  }
}

function choice(name, { recipients, credits }, checked) {
  const box = element("input", { type: "checkbox", value: name, checked });
  const said = `${named(name)}: ${number(recipients)} ${say("recipients")}, ${say("credits", { n: number(credits) })}`;
  return element("label", { class: "tick" }, box, element("span", {}, said));
}

const chosen = () => Array.from(dialog.querySelectorAll("input:checked"), (box) => box.value);

function sum() {
  const total = chosen().reduce(
    (all, name) => ({ recipients: all.recipients + price[name].recipients, credits: all.credits + price[name].credits }),
    { recipients: 0, credits: 0 },
  );
  part("sums").replaceChildren(
    element("dt", {}, named("recipients_left")), element("dd", {}, number(total.recipients)),
    element("dt", { class: "total" }, named("price_total")), element("dd", { class: "total" }, number(total.credits)),
  );
  part("go").disabled = !total.recipients;
  return total;
}

async function go() {
  const { credits, recipients } = sum();
  part("go").disabled = true;
  try {
    await call("POST", `campaigns/${campaign}/retry-failed`, { body: { classes: chosen(), credits }, key });
    toastNext(say("sending_started", { n: number(recipients) }));
    location.reload();
  } catch (problem) {
    key = freshKey();
    if (problem.code !== "QUOTE_CHANGED") return complain(problem);
    await openAgain(problem);
  }
}

async function openAgain(problem) {
  dialog.close();
  await openRetry(campaign, "");
  part("changed").querySelector("div").textContent = problem.message;
  part("changed").hidden = false;
}

if (dialog) {
  part("classes").addEventListener("change", () => {
    key = freshKey();
    sum();
  });
  part("go").addEventListener("click", go);
}
