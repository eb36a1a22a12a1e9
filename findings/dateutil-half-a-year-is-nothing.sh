#!/bin/sh
# python-dateutil 4.0.0: half of `relativedelta(years=1)` is `relativedelta()`, which is no time at all. So is
# half of twelve months, which become a year. Half of three months is one month, half of 15 days is 7 days:
# each part is multiplied by itself, and what is left over is cut off. Nothing is raised.
#
# One would expect six months, or an error: `relativedelta(months=1.5)` does raise, as it says for being ambiguous,
# and `relativedelta(days=1.5)` keeps its half, so 15 days times 0.5 would be 7.5. Who works out the middle of a
# term that was paid for, or a notice of half of it, is given the day on which the term begins.
#
# Seen:
#   a year * 0.5: relativedelta()
#   12 months * 0.5: relativedelta()
#   3 months / 2: relativedelta(months=+1)
#   15 days * 0.5: relativedelta(days=+7)
#   days=1.5: relativedelta(days=+1.5)
#   months=1.5: ValueError
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check python-dateutil==4.0.0
cat >half.py <<'PY'
from dateutil.relativedelta import relativedelta
print("a year * 0.5:", relativedelta(years=1) * 0.5)
print("12 months * 0.5:", relativedelta(months=12) * 0.5)
print("3 months / 2:", relativedelta(months=3) / 2)
print("15 days * 0.5:", relativedelta(days=15) * 0.5)
print("days=1.5:", relativedelta(days=1.5))
try:
    print("months=1.5:", relativedelta(months=1.5))
except ValueError as error:
    print("months=1.5:", type(error).__name__)
PY
venv/bin/python half.py | tee seen
cat >wanted <<'TEXT'
a year * 0.5: relativedelta()
12 months * 0.5: relativedelta()
3 months / 2: relativedelta(months=+1)
15 days * 0.5: relativedelta(days=+7)
days=1.5: relativedelta(days=+1.5)
months=1.5: ValueError
TEXT
cmp seen wanted
