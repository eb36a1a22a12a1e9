#!/bin/sh
# svix 2.5.0, npm: `new Webhook(secret).verify(body, headers)` returns undefined. standardwebhooks 1.1.1, which
# it calls, returns the parsed event; the same two lines with one import
# changed hand their caller nothing, and nothing is thrown.
#
# One would expect what is signed alike and verified by the same code to be handed back alike. The types say
# `undefined`, so TypeScript tells; `const event = webhook.verify(...)` in JavaScript does not. svix 2.9.1 for
# Python has it so, too. What works with all of them: verify, then `JSON.parse(body)`.
#
# Seen:
#   standardwebhooks {"id":"evt_1"}
#   svix undefined
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund standardwebhooks@1.1.1 svix@2.5.0 >/dev/null
cat >verify.mjs <<'JS'
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";
const whsec = "whsec_" + Buffer.from("0123456789".repeat(2) + "0123").toString("base64"), body = '{"id":"evt_1"}', now = new Date();
const headers = {
  "webhook-id": "msg_1",
  "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
  "webhook-signature": new Standard(whsec).sign("msg_1", now, body),
};
for (const [name, Library] of [["standardwebhooks", Standard], ["svix", Svix]]) {
  console.log(name, JSON.stringify(new Library(whsec).verify(body, headers)));
}
JS
node verify.mjs | tee seen
grep -qx 'standardwebhooks {"id":"evt_1"}' seen
grep -qx 'svix undefined' seen
