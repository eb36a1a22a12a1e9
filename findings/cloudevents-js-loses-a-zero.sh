#!/bin/sh
# cloudevents 10.0.0 for JavaScript: of an event in structured mode whose `data` is 0, false or "", the reader
# gives `undefined`. The writer wrote it: the body has `"data":0`. Other data comes through.
#
# One would expect every JSON value but a missing one to be read as it was sent: CloudEvents' JSON format says
# that `data` is any JSON value. cloudevents 2.2.0 for Python reads 0 as 0. A balance that came to nothing is
# told apart from one that is not known only by this.
#
# Seen:
#   1 -> 1
#   0 -> undefined
#   false -> undefined
#   "" -> undefined
#   [] -> []
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund cloudevents@10.0.0
cat >read.js <<'JS'
import { CloudEvent, HTTP } from "cloudevents";
for (const data of [1, 0, false, "", []]) {
  const sent = HTTP.structured(new CloudEvent({
    id: "1", source: "/shop", type: "balance", datacontenttype: "application/json", data,
  }));
  if (!("data" in JSON.parse(sent.body))) throw new Error("it was not sent");
  console.log(JSON.stringify(data), "->", JSON.stringify(HTTP.toEvent(sent).data));
}
JS
node read.js | tee seen
printf '%s\n' '1 -> 1' '0 -> undefined' 'false -> undefined' '"" -> undefined' '[] -> []' >wanted
cmp seen wanted
