// Serves Stripe World on a free port of this machine, and says which. Usage: stripe_world.mjs FOLDER, in
// which tools/stripe-world.sh has installed it.
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const module = pathToFileURL(join(folder, "node_modules/pyodide/pyodide.mjs"));
const { loadPyodide } = await import(module.href);
const python = await loadPyodide();
const packages = "/packages";
for (const wheel of readdirSync(join(folder, "wheels"))) {
  const bytes = new Uint8Array(readFileSync(join(folder, "wheels", wheel)));
  python.unpackArchive(bytes, "wheel", { extractDir: packages });
}

// It asks whether its files are its own, of whom this Python does not know.
const answer = python.runPython(`
import os, sys
os.geteuid = os.getuid
sys.path.insert(0, "${packages}")
from seahaven.http.messages import HttpRequest
from seahaven.http.runtime import dispatch
from seahaven_stripe_world import world
from seahaven_stripe_world.http_api import handle

emulated = world.instance(startup={"livemode": False})

def answer(method, path, query, headers, body):
    headers = tuple((name, value) for name, value in headers.to_py())
    asked = HttpRequest(method, path, query, headers, bytes(body.to_py()))
    said = dispatch(emulated, handle, asked)
    return [said.status, [[name, value] for name, value in said.headers], said.body_bytes.decode()]

answer
`);

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const url = new URL(request.url, "http://127.0.0.1");
    const body = new Uint8Array(Buffer.concat(parts));
    const headers = Object.entries(request.headers);
    const path = decodeURIComponent(url.pathname);
    const said = answer(request.method, path, url.search.slice(1), headers, body);
    const [status, fields, text] = said.toJs();
    said.destroy();
    response.writeHead(status, Object.fromEntries(fields));
    response.end(text);
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
