#!/bin/sh
# date-fns 4.4.0: from the last day of a month to the last day of a shorter one, `differenceInMonths` counts
# 1 where one month lies between, but one too few where several do: 31 May to 30 June is 1, 31 August to 30
# November is 2. Its own `addMonths` of 3 to 31 August is that 30 November.
#
# One would expect either rule, for every distance: the end of the month counts as reached (as luxon, dayjs
# and moment have it: 1 and 3), or it does not (as Temporal has it: 0 and 2). In date-fns the rule for the
# end of a month is asked only where the two are one month apart (February has a rule of its own). Who bills on
# the 31st and asks how many periods have gone by gets 1 after the first and, in November, 2 after the third.
#
# Seen:
#   2026-05-31 + 1 = 2026-06-30, between them 1
#   2026-08-31 + 3 = 2026-11-30, between them 2
#   2026-01-31 + 3 = 2026-04-30, between them 2
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund date-fns@4.4.0
cat >between.js <<'JS'
import { addMonths, differenceInMonths } from "date-fns";
for (const [day, months] of [["2026-05-31", 1], ["2026-08-31", 3], ["2026-01-31", 3]]) {
  const start = new Date(day);
  const end = addMonths(start, months);
  console.log(`${day} + ${months} = ${end.toISOString().slice(0, 10)}, between them ${differenceInMonths(end, start)}`);
}
JS
TZ=UTC node between.js | tee seen
grep -qx "2026-05-31 + 1 = 2026-06-30, between them 1" seen
grep -qx "2026-08-31 + 3 = 2026-11-30, between them 2" seen
grep -qx "2026-01-31 + 3 = 2026-04-30, between them 2" seen
