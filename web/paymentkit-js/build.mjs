// Builds PaymentKit.js into dist/: as a script, as an ES module, with its types; and into served/ the list
// of files that the function includes. The sentences come from the pages' own (shared/src/model/words/).
// The same sources give the same bytes; `--check` fails where what is there is not what they give.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => readFileSync(here(path), "utf8");
const tools = here("../../.tools/web/node_modules");
const { buildSync } = createRequire(`${tools}/`)("esbuild");
const checks = process.argv.includes("--check");
const LARGEST = 10 * 1024;
const GUIDE = "../../docs/guides/embedding-checkout.md";

const built = new Map();

// ---- the sentences, as they are written in Rust: `name: "text"`, or a list or pairs of texts

const LANGUAGES = ["en", "de", "fr", "es", "nl", "it", "pt", "ja"];
const ONE = [
  "order", "each", "subtotal", "discount", "tax", "due_now", "then", "trial", "email", "pay", "subscribe", "start_trial",
  "save_card", "consent", "paid", "ordered_text", "saved_text", "go_on",
  "expired_text", "pending", "pending_text", "not_ready", "declined", "confirm", "confirm_button",
  "failed",
];
const texts = (source) => [...source.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([text]) => JSON.parse(text));
const sentences = (language, names, every) => {
  const source = read(`../../shared/src/model/words/${language}.rs`);
  const after = (name, pattern) => {
    const found = new RegExp(`\\n    ${name}:\\s*${pattern}`).exec(source);
    if (!found) throw new Error(`${language}.rs has no ${name}`);
    return texts(found[0]);
  };
  const all = [...names.map((name) => after(name, '"(?:[^"\\\\]|\\\\.)*"')[0]), ...(every ? after("every", "\\[[^\\]]*\\]") : [])];
  if (all.length !== names.length + (every ? 8 : 0) || all.some((text) => text.includes("|"))) throw new Error(`${language}.rs`);
  return all.join("|");
};
built.set("src/words.ts", `// Written by build.mjs, from shared/src/model/words/.

export interface Words {
  /** By unit, from day to year: one of it, several of it. */
  every: string[];
${ONE.map((name) => `  ${name}: string;`).join("\n")}
}

const NAMES = "${ONE.join(" ")}".split(" ");

/** By language, in the order of the names; then \`every\`. */
const SENTENCES = {
${LANGUAGES.map((one) => `  ${one}: ${JSON.stringify(sentences(one, ONE, true))},`).join("\n")}
};

/** The sentences of a language; English, where there are none in it. */
export function words(language: string): Words {
  const known = language.slice(0, 2) as keyof typeof SENTENCES;
  const all = (SENTENCES[known] ?? SENTENCES.en).split("|");
  return { ...Object.fromEntries(NAMES.map((name, at) => [name, all[at]])), every: all.slice(NAMES.length) } as unknown as Words;
}
`);
const CARD = ["card", "card_failed"];
built.set("src/card-words.ts", `// Written by build.mjs, from shared/src/model/words/.

/** By language: ${CARD.join(", ")}. */
const SENTENCES = {
${LANGUAGES.map((one) => `  ${one}: ${JSON.stringify(sentences(one, CARD, false))},`).join("\n")}
};

/** What is said of the field for a card, in a language; in English, where there is nothing in it. */
export function cardWords(language: string): { ${CARD.map((name) => `${name}: string`).join("; ")} } {
  const known = language.slice(0, 2) as keyof typeof SENTENCES;
  const [${CARD.map((name) => `${name} = ""`).join(", ")}] = (SENTENCES[known] ?? SENTENCES.en).split("|");
  return { ${CARD.join(", ")} };
}
`);
// The compiler reads them below.
if (!checks) for (const name of ["src/words.ts", "src/card-words.ts"]) writeFileSync(here(name), built.get(name));

// ---- types, script, module

const run = (tool, ...rest) => execFileSync(`${tools}/.bin/${tool}`, rest, { stdio: ["ignore", 2, 2], cwd: here(".") });
run("openapi-typescript", here("../../openapi.yaml"), "--output", here("check/schema.d.ts"));
run("tsc", "--project", here("check/tsconfig.json"));
const types = here("../../target/paymentkit-js-types/");
rmSync(types, { recursive: true, force: true });
run("tsc", "--project", here("tsconfig.json"), "--outDir", types);
for (const name of ["module", "kit", "checkout", "types"]) {
  built.set(`dist/types/${name}.d.ts`, readFileSync(`${types}${name}.d.ts`, "utf8"));
}
const banner = { js: `/* PaymentKit.js ${JSON.parse(read("package.json")).version} */` };
const bundle = (entry, format, define = {}) =>
  buildSync({
    entryPoints: [here(entry)], format, define, banner, bundle: true, minify: true, write: false, charset: "utf8",
    legalComments: "none", target: "es2022",
  }).outputFiles[0].text;
// The processor's part is loaded by the name and the integrity that the other two were built with.
const hashed = (name, text, ending) => `${name}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}.${ending}`;
const stripe = bundle("src/stripe.ts", "iife");
const part = hashed("paymentkit-stripe", stripe, "js");
const define = { PART: JSON.stringify(part), INTEGRITY: JSON.stringify(`sha256-${createHash("sha256").update(stripe).digest("base64")}`) };
const script = bundle("src/script.ts", "iife", define);
const module = bundle("src/module.ts", "esm", define);
built.set("dist/paymentkit.js", script);
built.set("dist/paymentkit.mjs", module);
for (const [name, text] of [["paymentkit.js", script], ["paymentkit.mjs", module], ["the part for Stripe", stripe]]) {
  const packed = gzipSync(text, { level: 9 }).length;
  console.log(`${name}: ${packed} bytes gzipped, of at most ${LARGEST}`);
  if (packed > LARGEST) throw new Error(`${name} is larger than it may be`);
}

// ---- what is served: the newest, and each build that pages may have pinned, by names that never change

const [js, mjs] = [hashed("paymentkit", script, "js"), hashed("paymentkit", module, "mjs")];
const released = read("released.txt").split("\n").filter((line) => line && !line.startsWith("#"));
for (const name of released) {
  const [, kind, ending] = /^(.*)-[0-9a-f]+\.(m?js)$/.exec(name);
  if (!existsSync(here(`served/${name}`)) || hashed(kind, read(`served/${name}`), ending) !== name) {
    throw new Error(`served/${name} is not what was released`);
  }
}
built.set(`served/${js}`, script);
built.set(`served/${mjs}`, module);
built.set(`served/${part}`, stripe);
const kept = [...new Set([js, mjs, part, ...released])].sort();
const served = [["paymentkit.js", js], ["paymentkit.mjs", mjs], ...kept.map((name) => [name, name])];
built.set("served/files.rs", `// Written by \`make paymentkit-js\`.
&[
${served.map(([name, file]) => `    ("${name}", "text/javascript; charset=utf-8", include_str!("${file}")),`).join("\n")}
]
`);

// ---- the guide names the build, and what it is known by

const integrity = (text) => `sha384-${createHash("sha384").update(text).digest("base64")}`;
const guide = read(GUIDE)
  .replace(/paymentkit-[0-9a-f]{12}\.js(?=")/g, js)
  .replace(/integrity="[^"]*"/g, `integrity="${integrity(script)}"`);
built.set(GUIDE, guide);

// ---- compared, or written

const listed = (folder) => (existsSync(here(folder)) ? readdirSync(here(folder)).map((name) => `${folder}/${name}`) : []);
const known = new Set([...built.keys(), ...released.map((name) => `served/${name}`), "dist/types"]);
const stale = [...listed("dist"), ...listed("dist/types"), ...listed("served")].filter((name) => !known.has(name));
const different = [...built].filter(([name, text]) => !existsSync(here(name)) || read(name) !== text).map(([name]) => name);
if (checks) {
  if (stale.length + different.length) throw new Error(`stale (${[...stale, ...different]}): run \`make paymentkit-js\``);
} else {
  for (const name of stale) rmSync(here(name));
  for (const name of different) {
    mkdirSync(dirname(here(name)), { recursive: true });
    writeFileSync(here(name), built.get(name));
  }
}
