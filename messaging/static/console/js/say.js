/** Words, numbers and hours in the language of the page and the zone of the store. */
const root = document.documentElement;
const words = JSON.parse(document.getElementById("phrases")?.textContent ?? "{}");
const plain = new Intl.NumberFormat(root.lang);
const clock = new Intl.DateTimeFormat(root.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: root.dataset.zone || "UTC" });

/** A sentence, with `{n}` and the like filled in. */
export function say(name, facts = {}) {
  const text = words[`say.${name}`] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => facts[key] ?? whole);
}

/** How a state, reason or field is called. */
export function named(word) {
  return words[word] ?? word.replaceAll("_", " ");
}

/** What a refusal means: the API's own English, or the words of the page's language for its code. */
export function meaning({ code, message, detail }) {
  return words[`code.${code}`] ?? message ?? detail;
}

export const number = (value) => plain.format(value);
export const hour = (iso) => clock.format(new Date(iso));

/** A duration in seconds, roughly. */
export function about(seconds) {
  if (seconds < 90) return say("seconds", { n: Math.max(1, Math.round(seconds)) });
  if (seconds < 5400) return say("minutes", { n: Math.round(seconds / 60) });
  return say("hours", { n: number(Math.round(seconds / 360) / 10) });
}

/** An element with attributes and children; texts are always texts, never markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A random key that no other dialog has; `randomUUID` is missing where the page is not secure. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
