#!/bin/sh
# csv-parse 7.0.3 with `cast: true`: an id in hexadecimal digits, such as 0x1f3 for a payment or an address of a
# wallet, is read as the number 0, and so is every other one. So are 0b11 and 0o17.
#
# One would expect the text as it is, or at least the number that JavaScript reads there (`Number("0x1f3")` is 499):
# the test for a number is made by one rule, which knows these forms, and the number is made by another
# (`parseFloat`), which stops at the x. The documentation says that values are converted "to native types".
# Papa Parse 5.7.1 with `dynamicTyping` leaves them as text. All payouts of a file go by one id, 0, and a table
# that is kept by it has one row.
#
# Seen:
#   csv-parse [[0,10],[0,20.5],[0,30],[0,1]]
#   Papa Parse [["0x1f3",10],["0x2a",20.5],["0xBEEF",30],["0b11",1]]
#   csv-parse, not cast [["0x1f3","10.00"],["0x2a","20.50"],["0xBEEF","30.00"],["0b11","1.00"]]
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund csv-parse@7.0.3 papaparse@5.7.1
cat >read.js <<'JS'
import { parse } from "csv-parse/sync";
import Papa from "papaparse";
const text = "0x1f3,10.00\n0x2a,20.50\n0xBEEF,30.00\n0b11,1.00";
console.log("csv-parse", JSON.stringify(parse(text, { cast: true })));
console.log("Papa Parse", JSON.stringify(Papa.parse(text, { dynamicTyping: true }).data));
console.log("csv-parse, not cast", JSON.stringify(parse(text)));
JS
node read.js | tee seen
cat >wanted <<'TEXT'
csv-parse [[0,10],[0,20.5],[0,30],[0,1]]
Papa Parse [["0x1f3",10],["0x2a",20.5],["0xBEEF",30],["0b11",1]]
csv-parse, not cast [["0x1f3","10.00"],["0x2a","20.50"],["0xBEEF","30.00"],["0b11","1.00"]]
TEXT
cmp seen wanted
