#!/bin/sh
# swiftmessageparser 1.2.1: every amount of an MT940 is rounded to two decimals. 49.007 dinars of Kuwait are read
# as 49.01, and 0.004 as 0. With `validate: true` a statement that adds up is refused, as the rounded lines do not.
#
# One would expect the amounts as they are written: they are given as a BigNumber, and an amount has as many decimals
# as its currency, which is three in Bahrain, Iraq, Jordan, Kuwait, Oman and Tunisia. The currency is read, and
# stands beside each amount. (That there are two decimals is said by a comment in the source only.) mt-940 5.1.1 for
# Python reads all of them; @centrapay/swift-parser 1.0.1, from which this one was made, rounds likewise. Without
# `validate` nothing is raised: payments are not found by the amount of their invoice, and small ones are lost.
#
# Seen:
#   mt-940 1000.116 + 49.007 + 49.007 + 0.004 = 1098.134 KWD
#   swiftmessageparser 1000.12 + 49.01 + 49.01 + 0 = 1098.13 KWD
#   swiftmessageparser, validated: Sum of lines (98.02) != turnover (98.01) in group 1
#   @centrapay/swift-parser 1000.12 + 49.01 + 49.01 + 0 = 1098.13 KWD
#   @centrapay/swift-parser, validated: Sum of lines (98.02) != turnover (98.01) in group 1
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' >package.json
npm install --silent --no-audit --no-fund swiftmessageparser@1.2.1 @centrapay/swift-parser@1.0.1
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mt-940==5.1.1
cat >statement <<'TEXT'
:20:STATEMENT
:25:KW81CBKU0000000000001234560101
:28C:1/1
:60F:C260102KWD1000,116
:61:2601050105C49,007NTRFNONREF//A1
:86:INVOICE 1001
:61:2601050105C49,007NTRFNONREF//A2
:86:INVOICE 1002
:61:2601050105C0,004NTRFNONREF//A3
:86:INVOICE 1003
:62F:C260105KWD1098,134
TEXT
cat >read.py <<'PY'
import mt940
lines = mt940.parse("statement")
first, last = (lines.data[f"final_{name}_balance"].amount for name in ("opening", "closing"))
amounts = [first.amount, *(line.data["amount"].amount for line in lines)]
print("mt-940", " + ".join(map(str, amounts)), "=", last.amount, last.currency)
PY
cat >read.cjs <<'JS'
const data = require("node:fs").readFileSync("statement", "utf8");
for (const name of ["swiftmessageparser", "@centrapay/swift-parser"]) {
  const { parse } = require(name);
  const [{ openingBalance, closingBalance, transactions }] = parse({ type: "mt940", data });
  const amounts = [openingBalance, ...transactions.map(({ amount }) => amount)].map(String);
  console.log(name, amounts.join(" + "), "=", String(closingBalance), transactions[0].currency);
  try {
    parse({ type: "mt940", data, validate: true });
    console.log(`${name}, validated: right`);
  } catch ({ message }) {
    console.log(`${name}, validated: ${message}`);
  }
}
JS
venv/bin/python read.py >seen
node read.cjs >>seen
cat seen
cat >wanted <<'TEXT'
mt-940 1000.116 + 49.007 + 49.007 + 0.004 = 1098.134 KWD
swiftmessageparser 1000.12 + 49.01 + 49.01 + 0 = 1098.13 KWD
swiftmessageparser, validated: Sum of lines (98.02) != turnover (98.01) in group 1
@centrapay/swift-parser 1000.12 + 49.01 + 49.01 + 0 = 1098.13 KWD
@centrapay/swift-parser, validated: Sum of lines (98.02) != turnover (98.01) in group 1
TEXT
cmp seen wanted
