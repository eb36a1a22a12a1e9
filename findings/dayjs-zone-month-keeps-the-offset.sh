#!/bin/sh
# dayjs 1.11.23 with its plugins utc and timezone, on a machine that runs in UTC (as Lambda does): a month
# added across the change of the clocks keeps the offset of the day it began on. 9:00 in New York on 15
# February (-05:00) plus a month is "9:00-05:00" on 15 March, when New York is at -04:00: an hour late. And
# from midnight of 1 February to midnight of 1 April in New York it counts 1 month, not 2.
#
# One would expect the wall clock to be kept with the offset of the new day, which is what the plugin's
# `tz` is for, what its own `endOf("month")` does, and what luxon does. With TZ=America/New_York the count is
# 2, but the offset is still the old one.
#
# Seen:
#   dayjs 2026-03-15T09:00:00-05:00 luxon 2026-03-15T09:00:00-04:00
#   dayjs 1 luxon 2
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' >package.json
npm install --silent --no-audit --no-fund dayjs@1.11.23 luxon@3.7.2
cat >add.cjs <<'JS'
const dayjs = require("dayjs");
dayjs.extend(require("dayjs/plugin/utc"));
dayjs.extend(require("dayjs/plugin/timezone"));
const { DateTime } = require("luxon");
const zone = "America/New_York";
const both = (text) => [dayjs.tz(text, zone), DateTime.fromISO(text, { zone })];
const [a, b] = both("2026-02-15T09:00:00");
console.log("dayjs", a.add(1, "month").format(),
  "luxon", b.plus({ months: 1 }).toISO({ suppressMilliseconds: true }));
const [c, d] = both("2026-02-01T00:00:00");
const [e, f] = both("2026-04-01T00:00:00");
console.log("dayjs", e.diff(c, "month"), "luxon", f.diff(d, "months").months);
JS
TZ=UTC node add.cjs | tee seen
grep -qx "dayjs 2026-03-15T09:00:00-05:00 luxon 2026-03-15T09:00:00-04:00" seen
grep -qx "dayjs 1 luxon 2" seen
