#!/bin/sh
# croniter 7.0.0: `30 1 * * *`, once a day at half past one, comes twice on the day on which the clocks of New
# York go back: at 1:30 -04:00 and, an hour later, at 1:30 -05:00.
#
# One would expect once a day from a fixed time, as cron itself has it (Debian's manual of it says that what falls
# into the repeated hour is not run again), and as cron-parser 5.10.6 and croner 11.0.1 for JavaScript have it.
# Where the hour is a wildcard each of the two hours counts, in all three, as it should. The README's part on the
# change of the clocks says only to begin with a time that has a zone. A daily charge, or a report that is summed
# by day, is done twice, once a year, unless its key is the day and not the time.
#
# Seen:
#   croniter 30 1 * * * 2026-10-31T05:30Z 2026-11-01T05:30Z 2026-11-01T06:30Z 2026-11-02T06:30Z
#   cron-parser 30 1 * * * 2026-10-31T05:30Z 2026-11-01T05:30Z 2026-11-02T06:30Z 2026-11-03T06:30Z
#   croner 30 1 * * * 2026-10-31T05:30Z 2026-11-01T05:30Z 2026-11-02T06:30Z 2026-11-03T06:30Z
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check croniter==7.0.0 tzdata==2026.6
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund cron-parser@5.10.6 croner@11.0.1
cat >next.py <<'PY'
from datetime import datetime, timezone
from zoneinfo import ZoneInfo
from croniter import croniter
start = datetime(2026, 10, 30, 12, tzinfo=ZoneInfo("America/New_York"))
times = croniter("30 1 * * *", start)
found = [times.get_next(datetime).astimezone(timezone.utc) for _ in range(4)]
print("croniter 30 1 * * *", *(time.strftime("%Y-%m-%dT%H:%MZ") for time in found))
PY
cat >next.js <<'JS'
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
const start = new Date("2026-10-30T16:00:00Z"), zone = "America/New_York", rule = "30 1 * * *";
const told = (name, times) => console.log(name, rule, ...times.map((time) => `${time.toISOString().slice(0, 16)}Z`));
const parsed = CronExpressionParser.parse(rule, { currentDate: start, tz: zone });
told("cron-parser", [1, 2, 3, 4].map(() => parsed.next().toDate()));
told("croner", new Cron(rule, { timezone: zone, paused: true }).nextRuns(4, start));
JS
{ venv/bin/python next.py; node next.js; } | tee seen
cat >wanted <<'TEXT'
croniter 30 1 * * * 2026-10-31T05:30Z 2026-11-01T05:30Z 2026-11-01T06:30Z 2026-11-02T06:30Z
cron-parser 30 1 * * * 2026-10-31T05:30Z 2026-11-01T05:30Z 2026-11-02T06:30Z 2026-11-03T06:30Z
croner 30 1 * * * 2026-10-31T05:30Z 2026-11-01T05:30Z 2026-11-02T06:30Z 2026-11-03T06:30Z
TEXT
cmp seen wanted
