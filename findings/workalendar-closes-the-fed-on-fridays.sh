#!/bin/sh
# workalendar 17.0.0, `FederalReserveSystem`: where a holiday falls on a Saturday, the Friday before it is a holiday.
# 3 July 2026 is none of the working days, nor are 18 June, 24 December and 31 December 2027.
#
# One would expect the days on which the Federal Reserve Banks settle payments: their schedule of holidays says that
# of a holiday on a Saturday they are open on the Friday before, and of one on a Sunday closed on the Monday after.
# (The Board's own offices are closed on those Fridays, and the class's one line of documentation names the
# Board; the calendar is listed as the one of the whole system.) holidays 0.109 for Python, `FED`, has these Fridays
# as working days. A debit by ACH that is to settle on the next banking day is put off from 3 to 6 July, and a
# payment that came in on that Friday is looked for on Monday. The Monday after a Sunday is right.
#
# Seen:
#   2026-07-03 workalendar False holidays True
#   2027-06-18 workalendar False holidays True
#   2027-07-05 workalendar False holidays False
#   2027-12-24 workalendar False holidays True
#   2027-12-31 workalendar False holidays True
#   the next after 2026-07-02 workalendar 2026-07-06 holidays 2026-07-03
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check workalendar==17.0.0 holidays==0.109
cat >days.py <<'PY'
from datetime import date
from holidays import financial_holidays
from workalendar.usa import FederalReserveSystem
one, other = FederalReserveSystem(), financial_holidays("FED")
for day in (date(2026, 7, 3), date(2027, 6, 18), date(2027, 7, 5), date(2027, 12, 24), date(2027, 12, 31)):
    print(day, "workalendar", one.is_working_day(day), "holidays", other.is_working_day(day))
day = date(2026, 7, 2)
print("the next after", day, "workalendar", one.add_working_days(day, 1),
      "holidays", other.get_nth_working_day(day, 1))
PY
venv/bin/python days.py >seen
cat seen
cat >wanted <<'TEXT'
2026-07-03 workalendar False holidays True
2027-06-18 workalendar False holidays True
2027-07-05 workalendar False holidays False
2027-12-24 workalendar False holidays True
2027-12-31 workalendar False holidays True
the next after 2026-07-02 workalendar 2026-07-06 holidays 2026-07-03
TEXT
cmp seen wanted
