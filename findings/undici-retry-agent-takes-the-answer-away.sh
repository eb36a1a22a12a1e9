#!/bin/sh
# undici 7.30.2, RetryAgent: with it as the dispatcher, `fetch` of a POST that is answered with 503 or 429 is
# rejected with "TypeError: fetch failed", though the POST is sent once (it is none of the methods that are tried
# again). The status, `Retry-After` and the body with what is wrong are gone, and what is left looks like a
# network that failed. So is a GET after its last try. 404 and 409 are answers as ever.
#
# One would expect the last answer, as without the agent: by the Fetch standard the promise is rejected for a
# network error, and every status is a response. A client that bills has to tell "refused, try again in 5
# seconds" from "nobody knows whether it was done". `throwOnError: false` gives the answers, and leaves the
# retries as they are; `true` is the default.
#
# Seen (a server on this machine that answers the same each time):
#   POST 503: TypeError fetch failed, sent 1
#   POST 429: TypeError fetch failed, sent 1
#   POST 409: 409 "why", sent 1
#   GET 503: TypeError fetch failed, sent 2
#   throwOnError false, POST 503: 503 "why", sent 1
#   throwOnError false, GET 503: 503 "why", sent 2
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund undici@7.30.2
cat >ask.js <<'JS'
import { createServer } from "node:http";
import { Agent, fetch, RetryAgent } from "undici";
let sent = 0;
const server = createServer((request, response) => {
  sent += 1;
  request.resume();
  request.on("end", () => {
    response.writeHead(Number(request.url.slice(1)), { "Content-Type": "application/problem+json" });
    response.end(JSON.stringify("why"));
  });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const ask = async (name, agent, method, status) => {
  sent = 0;
  const body = method === "POST" ? "{}" : undefined;
  const address = `http://127.0.0.1:${server.address().port}/${status}`;
  const told = await fetch(address, { dispatcher: agent, method, body }).then(
    async (response) => `${response.status} ${await response.text()}`,
    (error) => `${error.name} ${error.message}`);
  console.log(`${name}${method} ${status}: ${told}, sent ${sent}`);
};
const options = { maxRetries: 1, minTimeout: 1, maxTimeout: 10 };
const plain = new RetryAgent(new Agent(), options);
await ask("", plain, "POST", 503);
await ask("", plain, "POST", 429);
await ask("", plain, "POST", 409);
await ask("", plain, "GET", 503);
const calm = new RetryAgent(new Agent(), { ...options, throwOnError: false });
await ask("throwOnError false, ", calm, "POST", 503);
await ask("throwOnError false, ", calm, "GET", 503);
await plain.close();
await calm.close();
server.close();
JS
node ask.js | tee seen
cat >wanted <<'TEXT'
POST 503: TypeError fetch failed, sent 1
POST 429: TypeError fetch failed, sent 1
POST 409: 409 "why", sent 1
GET 503: TypeError fetch failed, sent 2
throwOnError false, POST 503: 503 "why", sent 1
throwOnError false, GET 503: 503 "why", sent 2
TEXT
cmp seen wanted
