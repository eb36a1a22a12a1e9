#!/bin/sh
# currency.js 2.0.4: a half cent is rounded up towards plus infinity, so an amount and its negative come out
# a cent apart: a tenth of 10.05 is 1.01, a tenth of -10.05 is -1.00. What was charged and what is refunded
# by the same sum do not cancel.
#
# One would expect a money library to round a half away from zero or to the even digit, both of which keep
# the sign out of it (as decimal types do). The library has no option for another way.
#
# Seen:
#   1.01 -1 left 0.01
#   0.13 -0.12 left 0.01
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' >package.json
npm install --silent --no-audit --no-fund currency.js@2.0.4
cat >sums.cjs <<'JS'
const currency = require("currency.js");
for (const [charge, refund] of [
  [currency("10.05").multiply(0.1), currency("-10.05").multiply(0.1)],
  [currency("0.25").divide(2), currency("-0.25").divide(2)],
]) console.log(charge.value, refund.value, "left", charge.add(refund).value);
JS
node sums.cjs | tee seen
grep -qx "1.01 -1 left 0.01" seen
grep -qx "0.13 -0.12 left 0.01" seen
