#!/bin/sh
# dayjs 1.11.23, plugin duration: a duration below zero is written as "-P3D" and read back as three days. The minus
# is accepted, and is not looked at. `dayjs.duration(text)` of what `toISOString()` gave is another duration.
#
# One would expect the same duration back, or an error: the minus in front is how the package itself writes one.
# luxon 3.7.2 and tinyduration 3.4.1 read it as minus three days; iCalendar has "-P3D" for three days before.
# (iso8601-duration 2.1.4 drops the minus, too, and its README says that it is not supported.) "Remind
# three days before the debit", kept as text, is sent three days after it, and a term that was shortened by a
# refund is made longer. It has been reported, and is open. `dayjs.duration({days: -3})` and numbers are read right.
#
# Seen (three days before 2026-06-10):
#   written by dayjs: -P3D
#   dayjs: 2026-06-13
#   dayjs, of {days: -3}: 2026-06-07
#   luxon: 2026-06-07
#   tinyduration: negative true, days 3
#   dayjs -P1M: 2026-07-10
#   dayjs -PT36H: 2026-06-11
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' >package.json
npm install --silent --no-audit --no-fund dayjs@1.11.23 luxon@3.7.2 tinyduration@3.4.1
cat >read.cjs <<'JS'
const dayjs = require("dayjs").extend(require("dayjs/plugin/utc")).extend(require("dayjs/plugin/duration"));
const { DateTime, Duration } = require("luxon");
const { parse } = require("tinyduration");
const debit = "2026-06-10T00:00:00Z";
const day = (duration) => dayjs.utc(debit).add(duration).format("YYYY-MM-DD");
const text = dayjs.duration(-3, "days").toISOString();
console.log("written by dayjs:", text);
console.log("dayjs:", day(dayjs.duration(text)));
console.log("dayjs, of {days: -3}:", day(dayjs.duration({ days: -3 })));
console.log("luxon:", DateTime.fromISO(debit, { zone: "utc" }).plus(Duration.fromISO(text)).toISODate());
const { negative, days } = parse(text);
console.log(`tinyduration: negative ${negative}, days ${days}`);
for (const other of ["-P1M", "-PT36H"]) console.log(`dayjs ${other}:`, day(dayjs.duration(other)));
JS
node read.cjs | tee seen
cat >wanted <<'TEXT'
written by dayjs: -P3D
dayjs: 2026-06-13
dayjs, of {days: -3}: 2026-06-07
luxon: 2026-06-07
tinyduration: negative true, days 3
dayjs -P1M: 2026-07-10
dayjs -PT36H: 2026-06-11
TEXT
cmp seen wanted
