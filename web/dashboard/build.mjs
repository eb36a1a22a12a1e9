// Builds the dashboard into dist/: its types from openapi.yaml, its files with a hash in their names, and
// the list of them that the function includes. The same sources give the same bytes; `--check` fails where
// what is in dist/ is not what they give.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const tools = here("../../.tools/web/node_modules");
const { buildSync } = createRequire(`${tools}/`)("esbuild");
const LARGEST = 60 * 1024;

const run = (tool, ...rest) => execFileSync(`${tools}/.bin/${tool}`, rest, { stdio: ["ignore", 2, 2], cwd: here(".") });
run("openapi-typescript", here("../../openapi.yaml"), "--output", here("src/schema.d.ts"));
run("tsc", "--project", here("tsconfig.json"));

const shared = { bundle: true, minify: true, write: false, charset: "utf8", legalComments: "none", nodePaths: [tools], target: "es2022" };
const text = (entry, options) => buildSync({ ...shared, ...options, entryPoints: [here(entry)] }).outputFiles[0].text;
const script = text("src/app.tsx", { jsx: "automatic", jsxImportSource: "preact", format: "esm" });
const style = text("src/style.css", {});

const named = (name, content, ending) => `${name}-${createHash("sha256").update(content).digest("hex").slice(0, 12)}.${ending}`;
const [js, css] = [named("app", script, "js"), named("app", style, "css")];
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Billing</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/dashboard/${css}">
<script type="module" src="/dashboard/${js}"></script>
</head>
<body>
<div id="app"></div>
<noscript>The dashboard needs JavaScript. Everything it does can be done by the API as well.</noscript>
</body>
</html>
`;
const list = `// Written by \`make dashboard\`.
&[
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("${css}", "text/css; charset=utf-8", include_str!("${css}")),
    ("${js}", "text/javascript; charset=utf-8", include_str!("${js}")),
]
`;
const files = { "index.html": page, [css]: style, [js]: script, "files.rs": list };

const packed = [page, style, script].map((one) => gzipSync(one, { level: 9 }).length).reduce((sum, one) => sum + one);
console.log(`dashboard: ${packed} bytes gzipped, of at most ${LARGEST}`);
if (packed > LARGEST) throw new Error("the dashboard is larger than it may be");

const folder = here("dist/");
mkdirSync(folder, { recursive: true });
const stale = readdirSync(folder).filter((name) => !(name in files));
const different = Object.keys(files).filter((name) => !readdirSync(folder).includes(name) || readFileSync(folder + name, "utf8") !== files[name]);
if (process.argv.includes("--check")) {
  if (stale.length + different.length) throw new Error(`web/dashboard/dist is stale (${[...stale, ...different]}): run \`make dashboard\``);
} else {
  for (const name of stale) rmSync(folder + name);
  for (const name of different) writeFileSync(folder + name, files[name]);
}
