#!/bin/sh
# @aws-sdk/util-dynamodb 3.996.9: `unmarshall` guards whole numbers that a JavaScript number cannot hold (it
# makes them a bigint), and raises for a larger one with a fraction, but a fraction with more digits than a
# number can hold is rounded, and nothing is said: 90071992547409.915, which DynamoDB keeps with all its
# digits, is read as 90071992547409.92, and written back so.
#
# One would expect it to raise here as it does above 2^53, where its message names the option that gives the
# digits as text (`wrapNumbers`): the guard is by size alone, though what is lost is digits. The other way,
# `marshall` refuses 2^53 as unsafe, though a number holds it exactly. And one attribute is read as a number
# or as a bigint by its value, and JavaScript raises where the two are added.
#
# Seen:
#   1234567 -> number 1234567
#   9007199254740993 -> bigint 9007199254740993
#   9007199254740993.5 -> Error
#   90071992547409.915 -> number 90071992547409.92
#   back {"N":"90071992547409.92"}
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund @aws-sdk/util-dynamodb@3.996.9 @aws-sdk/client-dynamodb@3.1169.0
cat >read.js <<'JS'
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
let last;
for (const text of ["1234567", "9007199254740993", "9007199254740993.5", "90071992547409.915"]) {
  let told;
  try {
    last = unmarshall({ n: { N: text } }).n;
    told = `${typeof last} ${last}`;
  } catch (error) {
    told = error.name;
  }
  console.log(text, "->", told);
}
console.log("back", JSON.stringify(marshall({ n: last }).n));
JS
node --no-warnings read.js | tee seen
cat >wanted <<'TEXT'
1234567 -> number 1234567
9007199254740993 -> bigint 9007199254740993
9007199254740993.5 -> Error
90071992547409.915 -> number 90071992547409.92
back {"N":"90071992547409.92"}
TEXT
cmp seen wanted
