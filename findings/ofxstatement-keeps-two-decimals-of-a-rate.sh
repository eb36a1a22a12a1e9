#!/bin/sh
# ofxstatement 0.9.3: every number of a bank's statement is written with two decimals, and so are rates and dinars.
# The rate of a payment in yen, 0.0061, becomes 0.01, and that of one in rupiah, 0.0000539, becomes 0.00. 12.345
# Kuwaiti dinars become 12.34. Nothing is raised.
#
# One would expect the digits that were given, as a plugin gives them as a Decimal, or an error: OFX writes an amount
# with as many decimals as it has, and its own samples have rates of four. For investments the package keeps five.
# What the customer paid in his currency is the amount divided by the rate: 61.00 euros were 10000 yen, and are 6100
# by the file, so the invoice of 10000 yen is not paid; and by 0.00 nothing can be divided. The balance in dinars is
# short by the same fils as the line, and does not tell. In the repository rates have four decimals since October
# 2025, which is still 0.0001 for rupiah, and the element is called ORIGCURRENCY, as OFX has it; no release has
# either.
#
# Seen:
#   EUR 61.00 at 0.01, were 10000 JPY at 0.0061
#   EUR 92.58 at 0.93, were 100 USD at 0.9258
#   EUR 5.39 at 0.00, were 100000 IDR at 0.0000539
#   KWD 12.34, was 12.345
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ofxstatement==0.9.3
cat >write.py <<'PY'
from datetime import datetime
from decimal import Decimal
from xml.etree import ElementTree
from ofxstatement.ofx import OfxWriter
from ofxstatement.statement import Currency, Statement, StatementLine

def written(currency, amount, paid=None, rate=None):
    statement = Statement("BANK", "1", currency)
    statement.start_date, statement.end_date = datetime(2026, 1, 1), datetime(2026, 1, 31)
    statement.start_balance, statement.end_balance = Decimal(0), Decimal(amount)
    line = StatementLine("1", datetime(2026, 1, 5), "payment", Decimal(amount))
    line.trntype = "CREDIT"
    line.orig_currency = Currency(paid, Decimal(rate)) if paid else None
    line.assert_valid()
    statement.lines.append(line)
    statement.assert_valid()
    return ElementTree.fromstring(OfxWriter(statement).toxml().split("\r\n\r\n")[1]).find(".//STMTTRN")

for amount, before, paid, rate in (("61.00", 10000, "JPY", "0.0061"), ("92.58", 100, "USD", "0.9258"),
                                   ("5.39", 100000, "IDR", "0.0000539")):
    assert Decimal(amount) == before * Decimal(rate)
    line = written("EUR", amount, paid, rate)
    kept = line.findtext("ORIG_CURRENCY/CURRATE")
    print(f"EUR {line.findtext('TRNAMT')} at {kept}, were {before} {paid} at {rate}")
print(f"KWD {written('KWD', '12.345').findtext('TRNAMT')}, was 12.345")
PY
venv/bin/python write.py | tee seen
cat >wanted <<'TEXT'
EUR 61.00 at 0.01, were 10000 JPY at 0.0061
EUR 92.58 at 0.93, were 100 USD at 0.9258
EUR 5.39 at 0.00, were 100000 IDR at 0.0000539
KWD 12.34, was 12.345
TEXT
cmp seen wanted
