#!/bin/sh
# beancount 3.2.3: the check `balance Assets:Bank 100.00 USD` passes where the account holds 100.01. Written
# as `100 USD` it fails. The more exactly the sum is written, the less exactly it is checked: `100.0` passes
# with ten cents too many.
#
# One would expect a balance that is given to the cent to hold to the cent, and "100" to be no stricter than
# "100.00". Beancount's "Precision & Tolerances" says why: what may be off is inferred from the digits that
# were written, twice the half of the last one for a balance, and a whole number allows nothing. Who checks
# books against a bank's statement in a currency with cents has to write `100.00 ~ 0 USD`, which is exact.
#
# Seen (the account holds 100.01 USD):
#   100 USD: refused
#   100.0 USD: passed
#   100.00 USD: passed
#   100.00 ~ 0 USD: refused
#   100.01 USD: passed
#   100.02 USD: passed
#   100.03 USD: refused
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check beancount==3.2.3
cat >check.py <<'PY'
from beancount import loader
for sum in ("100", "100.0", "100.00", "100.00 ~ 0", "100.01", "100.02", "100.03"):
    _, errors, _ = loader.load_string(f"""
2026-01-01 open Assets:Bank USD
2026-01-01 open Income:Sales USD
2026-01-02 * "A sale"
  Assets:Bank   100.01 USD
  Income:Sales -100.01 USD
2026-01-03 balance Assets:Bank {sum} USD
""")
    print(f"{sum} USD:", "refused" if errors else "passed")
PY
venv/bin/python check.py | tee seen
cat >wanted <<'TEXT'
100 USD: refused
100.0 USD: passed
100.00 USD: passed
100.00 ~ 0 USD: refused
100.01 USD: passed
100.02 USD: passed
100.03 USD: refused
TEXT
cmp seen wanted
