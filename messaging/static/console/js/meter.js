/** The live counter below a text: parts, what is left, encoding. */
import { element, number, say } from "./say.js";

/** Show how many parts a text takes; `count` is that of campaigns/sms.js. Returns what it counted. */
export function measure(form, text, count) {
  const size = count(text);
  const put = (name, said) => (form.querySelector(`[data-meter="${name}"]`).textContent = said);
  put("parts", size.parts === 1 ? say("one_part") : say("parts", { n: number(size.parts) }));
  put("left", say("units_left", { n: number(size.left) }));
  put("encoding", `${size.encoding} · ${number(size.units)}`);
  return size;
}

/** Put a placeholder where the cursor stands. */
export function insert(area, field) {
  const [start, end] = [area.selectionStart, area.selectionEnd];
  area.setRangeText(`{{${field}|}}`, start, end, "end");
  area.selectionStart = area.selectionEnd = area.selectionEnd - 2; // between | and }}
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The text as somebody without any values would read it. */
export function bare(text) {
  return text.replace(/\{\{\s*\w+\s*(?:\|([^{}|]*))?\}\}/g, (_, other) => other ?? "…");
}

/** A line about one costly character. */
export function costlyLine({ character, times, effect, replacement }, replace) {
  const effectWords = say(effect === "ucs2" ? "forces_ucs2" : "takes_two");
  const shown = character.trim() || `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  const words = element("span", {}, element("span", { class: "glyph" }, shown), ` × ${number(times)} · ${effectWords}`);
  const label = replacement === "" ? say("leave_out") : say("replace", { c: replacement });
  const button = replacement === null ? null : element("button", { type: "button", class: "button slim", onclick: replace }, label);
  return element("li", {}, words, button);
}
