#!/bin/sh
# money-math 2.6.3: what is divided, or taken a percentage of, comes out too small if it is negative: 19% of 19.99
# is 3.80, and of -19.99 it is -3.79; 20.00 / 3.00 is 6.67, and -20.00 / 3.00 is -6.65, two cents off. 4% of -0.10
# is 0.01, which is not even negative.
#
# One would expect a sum that is given back to have the digits of the one that was charged, or at most to differ
# where half a cent is rounded. None of these is near a half: -19.99 * 0.19 is -3.7981. The package cuts what is
# behind the cents, which makes a negative number larger already, and for some of them adds a cent to that. The
# README promises results that are "rounded to the whole cent", and shows negative amounts ("-42.10"). A
# credit note for the whole invoice leaves a cent of VAT owed, and the books never come to nothing. Work out the
# positive sum, and put the sign in front of it.
#
# Seen:
#   19.00% of 19.99 is 3.80, of -19.99 is -3.79
#   19.00% of 100.03 is 19.01, of -100.03 is -19.00
#   4.00% of 0.10 is 0.00, of -0.10 is 0.01
#   20.00 / 3.00 is 6.67, -20.00 / 3.00 is -6.65
#   100.00 / 7.00 is 14.29, -100.00 / 7.00 is -14.27
#   10.00 / 3.00 is 3.33, -10.00 / 3.00 is -3.33
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' >package.json
npm install --silent --no-audit --no-fund money-math@2.6.3
cat >credits.cjs <<'JS'
const money = require("money-math");
for (const [sum, rate] of [["19.99", "19.00"], ["100.03", "19.00"], ["0.10", "4.00"]])
  console.log(`${rate}% of ${sum} is ${money.percent(sum, rate)}, of -${sum} is ${money.percent(`-${sum}`, rate)}`);
for (const [sum, parts] of [["20.00", "3.00"], ["100.00", "7.00"], ["10.00", "3.00"]])
  console.log(`${sum} / ${parts} is ${money.div(sum, parts)}, -${sum} / ${parts} is ${money.div(`-${sum}`, parts)}`);
JS
node credits.cjs | tee seen
cat >wanted <<'TEXT'
19.00% of 19.99 is 3.80, of -19.99 is -3.79
19.00% of 100.03 is 19.01, of -100.03 is -19.00
4.00% of 0.10 is 0.00, of -0.10 is 0.01
20.00 / 3.00 is 6.67, -20.00 / 3.00 is -6.65
100.00 / 7.00 is 14.29, -100.00 / 7.00 is -14.27
10.00 / 3.00 is 3.33, -10.00 / 3.00 is -3.33
TEXT
cmp seen wanted
