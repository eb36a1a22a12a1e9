#!/bin/sh
# fast-xml-parser 5.12.1: what looks like a number in a bank's statement is made one, references too. Invoice
# 2026E1 is read as 20260, 0012345 as 12345, and 0x1F as 31: different references become the same, and a payment
# is put to the invoice of somebody else. What a number cannot hold (20 digits) stays text.
#
# One would expect text, of which XML consists where no schema says more, or numbers only where the number,
# written again, is the text: the package does hold back where digits would be lost, but takes an E in the middle
# and zeros in front, which are lost as well. ISO 20022 has EndToEndId as a text of up to 35 characters
# (Max35Text). `parseTagValue: false` leaves all as it is.
#
# Seen (a camt.053 entry's EndToEndId):
#   "2026E1" -> 20260
#   "20260" -> 20260
#   "0012345" -> 12345
#   "0x1F" -> 31
#   "12345678901234567890" -> "12345678901234567890"
#   "RF18539007547034" -> "RF18539007547034"
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund fast-xml-parser@5.12.1
cat >read.js <<'JS'
import { XMLParser } from "fast-xml-parser";
const parser = new XMLParser();
for (const id of ["2026E1", "20260", "0012345", "0x1F", "12345678901234567890", "RF18539007547034"]) {
  const { TxDtls } = parser.parse(`<TxDtls><Refs><EndToEndId>${id}</EndToEndId></Refs></TxDtls>`);
  console.log(JSON.stringify(id), "->", JSON.stringify(TxDtls.Refs.EndToEndId));
}
JS
node read.js | tee seen
cat >wanted <<'TEXT'
"2026E1" -> 20260
"20260" -> 20260
"0012345" -> 12345
"0x1F" -> 31
"12345678901234567890" -> "12345678901234567890"
"RF18539007547034" -> "RF18539007547034"
TEXT
cmp seen wanted
