#!/bin/sh
# cron-schedule 6.0.0: a step behind a single number is dropped. `0 0 1 1/4 *`, the first of every fourth month,
# comes once a year; `5/15 * * * *`, every quarter of an hour from five past, comes once an hour. Nothing is raised.
#
# One would expect the steps to count from that number to the end of the field, as cron-parser 5.10.6 has it, and
# as cronstrue 3.39.0 puts the rule into words; or an error, as croner 11.0.1 gives. With the range written out
# (`1-12/4`) cron-schedule has the three times a year. A letter for a step is an error behind a star, and none
# behind a number. An invoice every four months is made once a year.
#
# Seen:
#   0 0 1 1/4 * cron-schedule 2027-01-01 2028-01-01 2029-01-01
#   0 0 1 1/4 * cron-parser 2026-05-01 2026-09-01 2027-01-01
#   0 0 1 1/4 * croner Error
#   0 0 1 1/4 * cronstrue At 12:00 AM, on day 1 of the month, every 4 months
#   0 0 1 1-12/4 * cron-schedule 2026-05-01 2026-09-01 2027-01-01
#   0 0 1 1/x * cron-schedule 2027-01-01 2028-01-01 2029-01-01
#   0 0 1 */x * cron-schedule Error
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund cron-schedule@6.0.0 cron-parser@5.10.6 croner@11.0.1 cronstrue@3.39.0
cat >next.js <<'JS'
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
import { parseCronExpression } from "cron-schedule";
import cronstrue from "cronstrue";
const start = new Date("2026-01-02T00:00:00Z");
const libraries = {
  "cron-schedule": (rule) => parseCronExpression(rule).getNextDates(3, start),
  "cron-parser": (rule) => {
    const times = CronExpressionParser.parse(rule, { currentDate: start, tz: "UTC" });
    return [1, 2, 3].map(() => times.next().toDate());
  },
  "croner": (rule) => new Cron(rule, { timezone: "UTC", paused: true }).nextRuns(3, start),
};
const tell = (rule, name) => {
  let told;
  try {
    told = libraries[name](rule).map((time) => time.toISOString().slice(0, 10)).join(" ");
  } catch {
    told = "Error";
  }
  console.log(rule, name, told);
};
for (const name of Object.keys(libraries)) tell("0 0 1 1/4 *", name);
console.log("0 0 1 1/4 * cronstrue", cronstrue.toString("0 0 1 1/4 *"));
for (const rule of ["0 0 1 1-12/4 *", "0 0 1 1/x *", "0 0 1 */x *"]) tell(rule, "cron-schedule");
JS
TZ=UTC node next.js | tee seen
cat >wanted <<'TEXT'
0 0 1 1/4 * cron-schedule 2027-01-01 2028-01-01 2029-01-01
0 0 1 1/4 * cron-parser 2026-05-01 2026-09-01 2027-01-01
0 0 1 1/4 * croner Error
0 0 1 1/4 * cronstrue At 12:00 AM, on day 1 of the month, every 4 months
0 0 1 1-12/4 * cron-schedule 2026-05-01 2026-09-01 2027-01-01
0 0 1 1/x * cron-schedule 2027-01-01 2028-01-01 2029-01-01
0 0 1 */x * cron-schedule Error
TEXT
cmp seen wanted
