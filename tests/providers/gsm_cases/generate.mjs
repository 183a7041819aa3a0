// Makes cases.jsonl from what the npm package sms-segments-calculator 1.3.0 says. Run once, and again only to add cases:
//
//     npm install --prefix DIR sms-segments-calculator@1.3.0
//     node generate.mjs DIR/node_modules/sms-segments-calculator > cases.jsonl
//
// A line is {"text": [[piece, times], …], "encoding": …, "units": n, "parts": n}. Where the package keeps a grapheme
// (what a reader sees as one character) in one part and that makes the message longer than cutting between code points
// would, the line also has "cut": the parts of a carrier that does cut there.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const { SegmentedMessage } = createRequire(import.meta.url)(resolve(process.argv[2]));

const BASIC = ["a", "Z", "é", "Δ", "@", " ", "\n", "ß", "Ω", "¿"];
const EXTENDED = ["€", "[", "^", "~", "|", "{", "\\"];
const NARROW = ["я", "ό", "ç", "–", "“", "漢", "\u00a0", "…", "한"];
const ASTRAL = ["😀", "𝒳", "𠜎", "🚀"];
const GRAPHEMES = [
  "e\u0301", "o\u0308\u0323", "👍🏽", "🇬🇷", "❤\ufe0f", "👨\u200d👩\u200d👧\u200d👦", "ที่", "1\ufe0f\u20e3", "\u1112\u1161\u11ab",
  "👩\u200d💻", "نِ", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
];
const ALL = [...BASIC, ...EXTENDED, ...NARROW, ...ASTRAL, ...GRAPHEMES];

// mulberry32: the same cases each time.
let state = 20240229;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
}
const upTo = (most) => Math.floor(random() * (most + 1));
const oneOf = (pool) => pool[upTo(pool.length - 1)];

// The parts of a carrier that cuts between any two code points, by hand and without the package.
function cutParts(text, encoding) {
  const [alone, each] = encoding === "GSM-7" ? [160, 153] : [70, 67];
  const widths = [...text].map((one) => (encoding === "GSM-7" ? (EXTENDED.includes(one) ? 2 : 1) : one.length));
  const units = widths.reduce((sum, width) => sum + width, 0);
  if (units <= alone) return [units, 1];
  let parts = 1, free = each;
  for (const width of widths) {
    if (width > free) [parts, free] = [parts + 1, each];
    free -= width;
  }
  return [units, parts];
}

const seen = new Set();
function add(...pieces) {
  const runs = pieces.filter(([, times]) => times > 0);
  const text = runs.map(([piece, times]) => piece.repeat(times)).join("");
  if (seen.has(text)) return;
  seen.add(text);
  const said = new SegmentedMessage(text);
  const [units, cut] = cutParts(text, said.encodingName);
  const row = { text: runs, encoding: said.encodingName, units, parts: said.segmentsCount };
  if (cut !== row.parts) row.cut = cut;
  console.log(JSON.stringify(row));
}

add();
for (const one of ALL) for (const times of [1, 2]) add([one, times]);
// Every border of a part, with everything that could lie across it.
for (const before of [66, 67, 68, 69, 70, 71, 133, 134, 135, 151, 152, 153, 158, 159, 160, 161, 305, 306, 307]) {
  for (const one of ALL) {
    add(["a", before], [one, 1]);
    add(["a", before - 1], [one, 1], ["b", 3]);
    add(["я", before], [one, 1], ["a", oneOf([0, 1, 64, 65, 66, 67])]);
    add(["я", before - 1], [one, 2], ["x", upTo(140)]);
  }
}
for (const one of ALL) for (let turn = 0; turn < 12; turn++) add([one, 1 + upTo(200)], [oneOf(ALL), upTo(90)]);
for (const pool of [[...BASIC, ...EXTENDED], [...BASIC, ...NARROW], [...NARROW, ...ASTRAL], ALL]) {
  for (let turn = 0; turn < 450; turn++) {
    add(...Array.from({ length: 1 + upTo(12) }, () => [oneOf(pool), 1 + upTo(oneOf([2, 9, 60]))]));
  }
}
