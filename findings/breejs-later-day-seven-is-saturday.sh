#!/bin/sh
# @breejs/later 4.2.0, which Bree runs its jobs by: in a cron rule the day of the week 7 is Saturday. `0 9 * * 7`
# comes on Saturdays, and `0 9 * * 5-7` on Fridays and Saturdays, not on Sundays.
#
# One would expect Sunday: the manual of cron gives the days as 0 to 7, "0 or 7 is Sunday", and cron-parser 5.10.6
# and croner 11.0.1 have it so; 0 and SUN are Sunday in @breejs/later, too. (Its own days go from 1, Sunday, to 7,
# Saturday, and 8 is cut to 7.) cron-validate 1.5.3, which Bree asks whether a rule is right, says that it is. What
# was to be charged on Sunday, when the week's use is known, is charged a day before. It was reported, for
# the package that this one was made from.
#
# Seen:
#   0 9 * * 7 valid true, later Sat Sat, cron-parser Sun Sun, croner Sun Sun
#   0 9 * * 0 valid true, later Sun Sun, cron-parser Sun Sun, croner Sun Sun
#   0 9 * * 5-7 valid true, later Fri Sat Fri Sat, cron-parser Fri Sat Sun Fri, croner Fri Sat Sun Fri
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund @breejs/later@4.2.0 cron-validate@1.5.3 cron-parser@5.10.6 croner@11.0.1
cat >next.js <<'JS'
import later from "@breejs/later";
import { CronExpressionParser } from "cron-parser";
import validation from "cron-validate";
import { Cron } from "croner";
const validate = validation.default ?? validation;
const start = new Date("2026-05-01T00:00:00Z");
later.date.UTC();
const names = (times) => times.map((time) => time.toUTCString().slice(0, 3)).join(" ");
for (const [rule, count] of [["0 9 * * 7", 2], ["0 9 * * 0", 2], ["0 9 * * 5-7", 4]]) {
  const parsed = CronExpressionParser.parse(rule, { currentDate: start, tz: "UTC" });
  console.log(`${rule} valid ${validate(rule).isValid()},`,
    `later ${names(later.schedule(later.parse.cron(rule)).next(count, start))},`,
    `cron-parser ${names(Array.from({ length: count }, () => parsed.next().toDate()))},`,
    `croner ${names(new Cron(rule, { timezone: "UTC", paused: true }).nextRuns(count, start))}`);
}
JS
node next.js | tee seen
cat >wanted <<'TEXT'
0 9 * * 7 valid true, later Sat Sat, cron-parser Sun Sun, croner Sun Sun
0 9 * * 0 valid true, later Sun Sun, cron-parser Sun Sun, croner Sun Sun
0 9 * * 5-7 valid true, later Fri Sat Fri Sat, cron-parser Fri Sat Sun Fri, croner Fri Sat Sun Fri
TEXT
cmp seen wanted
