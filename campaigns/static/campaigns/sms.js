/**
 * How many SMS parts a text takes, and which of its characters make it dear: the browser's twin of providers/gsm.py,
 * providers/graphemes.py and providers/gsm_advice.py. tests/browser/test_sms_js.py holds the two together.
 *
 * A plain ES module without dependencies or a build step:
 *
 *     import { count, offenders, replaced } from "/static/campaigns/sms.js";
 *     count("10 € off");       // { encoding: "GSM-7", units: 9, parts: 1, left: 151 }
 *     offenders("“Sale”")[0];  // { character: "“", times: 1, effect: "ucs2", replacement: '"', safe: true }
 *     replaced("“Sale”");      // '"Sale"'
 *
 * Counting follows 3GPP TS 23.038 (alphabets) and TS 23.040 (concatenation). Where carriers differ the larger count
 * holds: nothing that belongs together is cut at the border of a part. It is a preview: the charge is the quote's.
 */

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENSION = new Set("\f^{}\\[~]|€");

/** Septets of a GSM-7 text, an extension character being two; -1 when the text needs UCS-2. */
function septets(text) {
  let sum = 0;
  for (const character of text) {
    if (BASIC.has(character)) sum += 1;
    else if (EXTENSION.has(character)) sum += 2;
    else return -1;
  }
  return sum;
}

/**
 * Encoding ("GSM-7" or "UCS-2"), units (septets or UTF-16 code units), parts (at least 1, also of "") and how many
 * units are left in the last part.
 */
export function count(text) {
  const basic = septets(text);
  if (basic >= 0) {
    const widths = Array.from(text, (character) => (EXTENSION.has(character) ? 2 : 1));
    return { encoding: "GSM-7", units: basic, ...packed(widths, basic, 160, 153) };
  }
  const widths = clusters(text).flatMap((cluster) => (cluster.length > 67 ? Array.from(cluster, width) : cluster.length));
  return { encoding: "UCS-2", units: text.length, ...packed(widths, text.length, 70, 67) };
}

const width = (character) => character.length;

/** Put uncuttable pieces one after the other into parts of `each` units; one part alone may hold `alone`. */
function packed(widths, units, alone, each) {
  if (units <= alone) return { parts: 1, left: alone - units };
  let parts = 1;
  let left = each;
  for (const piece of widths) {
    if (piece > left) {
      parts += 1;
      left = each;
    }
    left -= piece;
  }
  return { parts, left };
}

// Grapheme clusters -----------------------------------------------------------------------------------------------

const MARKS = new Set("\u200c\u200d\u0e33\u0eb3\uff9e\uff9f");
const PREPENDED = new Set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\u0d4e\u{110bd}\u{110cd}");
const within = (code, first, last) => code >= first && code <= last;

function isExtending(character, code) {
  return (
    within(code, 0x1f3fb, 0x1f3ff) || // skin tones
    within(code, 0xe0020, 0xe007f) || // tags of flags
    within(code, 0x1160, 0x11ff) || // inner jamo
    within(code, 0xd7b0, 0xd7fb) ||
    MARKS.has(character) ||
    /^\p{M}$/u.test(character)
  );
}

function kind(character) {
  const code = character.codePointAt(0);
  if (within(code, 0x1f1e6, 0x1f1ff)) return "flag";
  if (within(code, 0x1100, 0x115f) || within(code, 0xa960, 0xa97c)) return "leads";
  if (isExtending(character, code)) return "extends";
  if (PREPENDED.has(character)) return "prepends";
  return /^[\p{So}\p{Cn}\p{Sm}\p{Po}]$/u.test(character) ? "symbol" : "alone";
}

/** Whether two neighbours belong together; `before` is the last of `length` characters of the cluster so far. */
function isJoined(before, length, after) {
  switch (kind(after)) {
    case "extends":
      return true;
    case "symbol":
      return before === "\u200d" || kind(before) === "prepends";
    case "flag":
      return kind(before) === "flag" && length % 2 === 1;
    case "leads":
      return kind(before) === "leads" || kind(before) === "prepends";
    default:
      return kind(before) === "leads" ? within(after.codePointAt(0), 0xac00, 0xd7a3) : kind(before) === "prepends";
  }
}

/** Cut a text into what some carriers keep in one part: what a reader sees as one character. */
export function clusters(text) {
  const found = [];
  let cluster = [];
  for (const character of text) {
    if (cluster.length && !isJoined(cluster.at(-1), cluster.length, character)) {
      found.push(cluster.join(""));
      cluster = [];
    }
    cluster.push(character);
  }
  if (cluster.length) found.push(cluster.join(""));
  return found;
}

// Costly characters -----------------------------------------------------------------------------------------------

// What word processors put in by themselves, and the plain signs people meant: they read the same.
const TYPOGRAPHY = new Map(
  Object.entries({
    "'": "‘’‚‛′´`ʼ‹›",
    '"': "“”„‟″«»",
    "-": "‐‑‒–—―−",
    " ": "\t\u00a0\u2002\u2003\u2007\u2009\u202f\u3000",
    "\n": "\u2028\u2029",
    "": "\u00ad\u200b\u2060\ufeff",
    "*": "•",
    ".": "·",
    "...": "…",
    No: "№",
    x: "×",
    "/": "÷⁄",
    "(TM)": "™",
    "(C)": "©",
    "(R)": "®",
    // Greek capitals that GSM 03.38 leaves to the Latin letters of the same shape.
    A: "Α", B: "Β", E: "Ε", Z: "Ζ", H: "Η", I: "Ι", K: "Κ", M: "Μ", N: "Ν", O: "Ο", P: "Ρ", T: "Τ", Y: "Υ", X: "Χ",
  }).flatMap(([plain, costly]) => Array.from(costly, (character) => [character, plain])),
);
// Other letters: a reader understands, and sees a difference.
const LETTERS = new Map(Object.entries({
  ł: "l", Ł: "L", đ: "d", Đ: "D", ı: "i", œ: "oe", Œ: "OE", þ: "th", ð: "d", ẞ: "ß", "\u200c": "",
}));

const GREEK = /^[\u0370-\u03ff\u1f00-\u1fff]$/u;

/** The plain letters of one character, or null: without marks, and small Greek as the capitals that GSM has. */
function letters(character) {
  if (LETTERS.has(character)) return LETTERS.get(character);
  const bare = character.normalize("NFKD").replace(/\p{Mn}/gu, "");
  if (bare.includes("⁄")) return null; // 1½ is not 11/2
  const cased = GREEK.test(character) ? bare.toUpperCase() : bare;
  const plain = Array.from(cased, (one) => TYPOGRAPHY.get(one) ?? one).join("");
  return bare && Array.from(plain).every((one) => BASIC.has(one)) ? plain : null;
}

function offender(character, times) {
  if (EXTENSION.has(character)) return { character, times, effect: "double", replacement: null, safe: false };
  const safe = TYPOGRAPHY.has(character);
  const replacement = safe ? TYPOGRAPHY.get(character) : letters(character);
  return { character, times, effect: "ucs2", replacement, safe };
}

/**
 * The characters that force UCS-2 (70 units instead of 160), most frequent first; then those that take two septets.
 * `replacement`: what costs less, "" to leave it out, null when there is nothing; `safe`: it reads the same.
 */
export function offenders(text) {
  const times = new Map();
  for (const character of text) if (!BASIC.has(character)) times.set(character, (times.get(character) ?? 0) + 1);
  const found = Array.from(times, ([character, number]) => offender(character, number));
  const rank = ({ effect, times: number }) => (effect === "ucs2" ? -1e9 : 0) - number;
  return found.sort((one, other) => rank(one) - rank(other));
}

/** The text with its costly characters replaced: those that read the same, with `{letters: true}` the others too. */
export function replaced(text, { letters: also = false } = {}) {
  return Array.from(text, (character) => {
    if (BASIC.has(character) || EXTENSION.has(character)) return character;
    const { replacement, safe } = offender(character, 1);
    return replacement !== null && (safe || also) ? replacement : character;
  }).join("");
}
