#!/bin/sh
# arrow 1.4.0: `Arrow.span_range("month", start, end, exact=True)` from 31 January to 31 May gives four spans that
# do not touch: 28 to 30 March are in none of them, and the last one ends on 29 May.
#
# One would expect them to cover the range: the documentation says of `exact` that the first span begins at `start`
# and that the last is only cut so as not to go beyond `end`, and from the 1st or the 28th they do cover it. Here
# the span from 28 February is a month long, to 27 March, but the next one goes back to the 31st. Who bills a
# subscription of the 31st by these spans, and adds up the use in each, never bills the use of those days. It has
# been reported, and is open.
#
# Seen:
#   2026-01-31 to 2026-02-27
#   2026-02-28 to 2026-03-27
#   2026-03-31 to 2026-04-29
#   2026-04-30 to 2026-05-29
#   from the 31st: 116 days of 120
#   from the 28th: 120 days of 120
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check arrow==1.4.0
cat >spans.py <<'PY'
from datetime import datetime, timedelta
from arrow import Arrow
def days(start, end, show=False):
    found = timedelta()
    for first, last in Arrow.span_range("month", start, end, exact=True):
        if show:
            print(first.date(), "to", last.date())
        found += last - first + timedelta(microseconds=1)
    return f"{found.days} days of {(end - start).days}"
print("from the 31st:", days(datetime(2026, 1, 31), datetime(2026, 5, 31), True))
print("from the 28th:", days(datetime(2026, 1, 28), datetime(2026, 5, 28)))
PY
venv/bin/python spans.py | tee seen
cat >wanted <<'TEXT'
2026-01-31 to 2026-02-27
2026-02-28 to 2026-03-27
2026-03-31 to 2026-04-29
2026-04-30 to 2026-05-29
from the 31st: 116 days of 120
from the 28th: 120 days of 120
TEXT
cmp seen wanted
