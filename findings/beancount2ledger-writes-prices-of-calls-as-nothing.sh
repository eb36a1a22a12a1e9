#!/bin/sh
# beancount2ledger 1.3 (with beancount 3.2.3): an amount is written with as many decimals as most amounts of its
# currency have. Where most are in cents, a call of 0.0045 dollars is written as 0.00, for ledger and for hledger
# alike, and the thousand of them come to nothing. Nothing is said, and the command exits with 0.
#
# One would expect the amounts as they stand in the file, as what is written is books, and no report: prices and
# costs do keep their digits. Both sides of an entry are rounded alike, so most entries still balance, and the
# journal is accepted; where three amounts are rounded apart it is refused. How many decimals an amount keeps
# depends on other entries, in other accounts: with more calls than subscriptions in the file they would have four.
# Assertions of balances, by which it would be seen, are left out for ledger and hledger. It has been reported, and
# is open.
#
# Seen (three of the calls at 0.0045, one at 1.2345):
#   in beancount: Assets:Usage 1.2480 USD
#   ledger: Assets:Usage 1.23 USD, of 0.00 0.00 0.00 1.23
#   hledger: Assets:Usage 1.23 USD, of 0.00 0.00 0.00 1.23
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check beancount2ledger==1.3 beancount==3.2.3 PyYAML==6.0.4
cat >books.beancount <<'TEXT'
2026-01-01 open Assets:Bank
2026-01-01 open Assets:Usage
2026-01-01 open Income:Plans
2026-01-01 open Income:Calls
2026-01-02 * "plan"
  Assets:Bank   10.00 USD
  Income:Plans -10.00 USD
2026-01-03 * "plan"
  Assets:Bank   20.00 USD
  Income:Plans -20.00 USD
2026-01-04 * "plan"
  Assets:Bank   30.00 USD
  Income:Plans -30.00 USD
2026-01-05 * "plan"
  Assets:Bank   40.00 USD
  Income:Plans -40.00 USD
2026-01-06 * "plan"
  Assets:Bank   50.00 USD
  Income:Plans -50.00 USD
2026-01-07 * "call"
  Assets:Usage   0.0045 USD
  Income:Calls  -0.0045 USD
2026-01-08 * "call"
  Assets:Usage   0.0045 USD
  Income:Calls  -0.0045 USD
2026-01-09 * "call"
  Assets:Usage   0.0045 USD
  Income:Calls  -0.0045 USD
2026-01-10 * "call"
  Assets:Usage   1.2345 USD
  Income:Calls  -1.2345 USD
2026-02-01 balance Assets:Usage 1.2480 USD
TEXT
cat >sum.py <<'PY'
import subprocess, sys
from decimal import Decimal
from beancount import loader
entries, errors, _ = loader.load_file("books.beancount")
assert not errors, errors
amounts = [posting.units.number for entry in entries if hasattr(entry, "postings")
           for posting in entry.postings if posting.account == "Assets:Usage"]
print("in beancount: Assets:Usage", sum(amounts), "USD")
for name in ("ledger", "hledger"):
    journal = subprocess.run(["venv/bin/beancount2ledger", "-f", name, "books.beancount"],
                             check=True, capture_output=True, text=True).stdout
    lines = [line.split() for line in journal.splitlines()]
    amounts = [Decimal(line[1]) for line in lines if line[:1] == ["Assets:Usage"] and line[-1] == "USD"]
    print(f"{name}: Assets:Usage", sum(amounts), "USD, of", *amounts)
PY
venv/bin/python sum.py | tee seen
cat >wanted <<'TEXT'
in beancount: Assets:Usage 1.2480 USD
ledger: Assets:Usage 1.23 USD, of 0.00 0.00 0.00 1.23
hledger: Assets:Usage 1.23 USD, of 0.00 0.00 0.00 1.23
TEXT
cmp seen wanted
