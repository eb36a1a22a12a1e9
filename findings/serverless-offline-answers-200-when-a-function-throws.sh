#!/bin/sh
# serverless-offline 14.8.2 (with osls 4.3.1): a function behind an HTTP API that throws is answered with
# 200 OK, and with the error, its type and its stack as the body. Behind a REST API the same function is
# answered with 502.
#
# One would expect what API Gateway answers for an HTTP API, 500 and {"message":"Internal Server Error"}, or
# at least no success: the emulator does answer 502 for the older kind of API, and of payload 1.0, too. A test
# of "it is tried again when the server fails" never sees a failure here, and one that asks only for a 2xx is
# green with a function that charged nothing.
#
# Seen:
#   HTTP API, payload 2.0: 200 {"errorMessage":"the card was not charged","errorType":"Error",…
#   HTTP API, payload 1.0: 502
#   REST API: 502
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
    serverless-offline@14.8.2 osls@4.3.1
cat >serverless.yml <<'YML'
service: charges
provider: {name: aws, runtime: nodejs20.x, region: us-east-1, httpApi: {payload: "2.0"}}
functions:
  two: {handler: charge.handler, events: [{httpApi: {method: POST, path: /two}}]}
  one: {handler: charge.handler, httpApi: {payload: "1.0"}, events: [{httpApi: {method: POST, path: /one}}]}
  rest: {handler: charge.handler, events: [{http: {method: POST, path: /rest}}]}
plugins: [serverless-offline]
YML
cat >charge.js <<'JS'
exports.handler = async () => { throw new Error("the card was not charged"); };
JS
cat >ask.cjs <<'JS'
const { spawn } = require("node:child_process");
const { createServer } = require("node:net");
const free = () => new Promise((done) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});
(async () => {
  const [port, other] = [await free(), await free()];
  const emulator = spawn("node", ["node_modules/osls/bin/serverless.js", "offline", "--host", "127.0.0.1",
    "--httpPort", port, "--lambdaPort", other, "--noPrependStageInUrl"],
  { env: { ...process.env, SLS_TELEMETRY_DISABLED: "1", SLS_NOTIFICATIONS_MODE: "off" } });
  try {
    await new Promise((ready, failed) => {
      let said = "";
      const hear = (data) => { said += data; if (said.includes("Server ready")) ready(); };
      emulator.stdout.on("data", hear);
      emulator.stderr.on("data", hear);
      emulator.on("exit", () => failed(new Error(said)));
    });
    const apis = { "HTTP API, payload 2.0": "two", "HTTP API, payload 1.0": "one", "REST API": "rest" };
    for (const [name, path] of Object.entries(apis)) {
      const answer = await fetch(`http://127.0.0.1:${port}/${path}`, { method: "POST" });
      const text = await answer.text();
      const shown = answer.ok ? ` ${text.slice(0, text.indexOf('"stackTrace"'))}…` : "";
      console.log(`${name}: ${answer.status}${shown}`);
    }
  } finally {
    emulator.kill();
  }
})();
JS
node --no-warnings ask.cjs | tee seen
cat >wanted <<'TEXT'
HTTP API, payload 2.0: 200 {"errorMessage":"the card was not charged","errorType":"Error",…
HTTP API, payload 1.0: 502
REST API: 502
TEXT
cmp seen wanted
