#!/bin/sh
# pendulum 3.3.0: two durations that are added lose their months and years. `duration(months=1) +
# duration(months=1)` is 60 days, and a year and a year are 730 days, while `duration(months=1) * 2` is two months.
#
# One would expect the sum to be as long as the double: a Duration keeps months and years as such, and added to a
# date alone it ends where the calendar says. isodate 0.7.2 adds months to months. Nothing is raised, and the sum has
# the same type. A contract of a year that is made longer by a year ends a day early, wherever there is a 29 February
# in it, and a free month that is added to one that was paid ends on another day than the one that the invoice says.
# It has been reported, and is open. Add to the date, one after the other.
#
# Seen:
#   month * 2: 2026-07-15 to 2026-09-15
#   month + month: 2026-07-15 to 2026-09-13
#   year * 2: 2027-01-01 to 2029-01-01
#   year + year: 2027-01-01 to 2028-12-31
#   year + month: 2026-07-15 to 2027-08-14
#   isodate, month + month: 2026-07-15 to 2026-09-15
#   isodate, year + year: 2027-01-01 to 2029-01-01
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pendulum==3.3.0 isodate==0.7.2
cat >terms.py <<'PY'
from datetime import date
import pendulum
from isodate import Duration
month, year = pendulum.duration(months=1), pendulum.duration(years=1)
summer, new_year = date(2026, 7, 15), date(2027, 1, 1)
for name, start, term in (("month * 2", summer, month * 2), ("month + month", summer, month + month),
                          ("year * 2", new_year, year * 2), ("year + year", new_year, year + year),
                          ("year + month", summer, year + month)):
    print(f"{name}: {start} to {(pendulum.date(start.year, start.month, start.day) + term).isoformat()}")
print("isodate, month + month:", summer, "to", summer + (Duration(months=1) + Duration(months=1)))
print("isodate, year + year:", new_year, "to", new_year + (Duration(years=1) + Duration(years=1)))
PY
venv/bin/python terms.py | tee seen
cat >wanted <<'TEXT'
month * 2: 2026-07-15 to 2026-09-15
month + month: 2026-07-15 to 2026-09-13
year * 2: 2027-01-01 to 2029-01-01
year + year: 2027-01-01 to 2028-12-31
year + month: 2026-07-15 to 2027-08-14
isodate, month + month: 2026-07-15 to 2026-09-15
isodate, year + year: 2027-01-01 to 2029-01-01
TEXT
cmp seen wanted
