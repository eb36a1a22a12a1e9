#!/bin/sh
# rrule 2.8.1 for JavaScript: `toText` leaves out BYSETPOS, which picks one of the days. The rule for the last
# working day of a month, 12 days a year, reads "every month on weekdays", and the usual rule for "the 31st, or
# the last day there is" reads "every month on the 28th, 29th, 30th and 31st". `isFullyConvertibleToText`, which
# is there to say whether the text can be trusted, says true of both.
#
# One would expect false, and a text with "(~ approximate)" behind it, which the package has for what it cannot
# say. That comes, too, if only the same options are written with `freq` last: the check ends, content, at the
# first of `freq`, `dtstart`, `tzid` and `wkst`, and a rule that is read from its text has FREQ first. A customer who
# is shown the sentence beside "you will be charged" is told of four charges a month, or of twenty.
#
# Seen (days in January 2026):
#   BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1: every month on weekdays, fully true, days 1, by the text 22
#   BYMONTHDAY=28,29,30,31;BYSETPOS=-1: every month on the 28th, 29th, 30th and 31st, fully true, days 1, by the text 4
#   freq last: every month on weekdays (~ approximate), fully false
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' >package.json
npm install --silent --no-audit --no-fund rrule@2.8.1
cat >text.cjs <<'JS'
const { RRule, rrulestr } = require("rrule");
const dtstart = new Date("2026-01-01T00:00:00Z"), until = new Date("2026-01-31T00:00:00Z");
const days = (options) => new RRule({ ...options, dtstart, until }).all().length;
const read = (part) => rrulestr(`RRULE:FREQ=MONTHLY;${part}`);
for (const part of ["BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "BYMONTHDAY=28,29,30,31;BYSETPOS=-1"]) {
  const rule = read(part), text = rule.toText();
  console.log(`${part}: ${text}, fully ${rule.isFullyConvertibleToText()},`,
    `days ${days(rule.origOptions)}, by the text ${days(RRule.parseText(text))}`);
}
const { freq, ...others } = read("BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1").origOptions;
const last = new RRule({ ...others, freq });
console.log(`freq last: ${last.toText()}, fully ${last.isFullyConvertibleToText()}`);
JS
TZ=UTC node text.cjs | tee seen
cat >wanted <<'TEXT'
BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1: every month on weekdays, fully true, days 1, by the text 22
BYMONTHDAY=28,29,30,31;BYSETPOS=-1: every month on the 28th, 29th, 30th and 31st, fully true, days 1, by the text 4
freq last: every month on weekdays (~ approximate), fully false
TEXT
cmp seen wanted
