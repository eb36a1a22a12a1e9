#!/bin/sh
# py-moneyed 3.0 (with Babel 2.19.0): 1234.50 forint are 123450 of its sub-units, which is what a card
# processor is to be sent, but `format_money` writes "HUF1,234": two tables of how many digits a currency
# has, in one package. So too Colombian pesos and, with 3 digits, Iraqi dinars.
#
# One would expect the text on an invoice and the sum that is charged to come from one table, or the text
# not to drop what is not zero. `get_amount_in_sub_unit` goes by ISO 4217 (2 digits for HUF); the text goes
# by Unicode's CLDR, which tells how many digits are customary in cash and prices (0), and rounds the half to
# the even. `format_money(…, currency_digits=False)` writes all that there is.
#
# Seen:
#   HUF 123450 HUF1,234 HUF1,234.50
#   COP 123450 COP1,234 COP1,234.50
#   IQD 1234500 IQD1,234 IQD1,234.50
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check py-moneyed==3.0 Babel==2.19.0
cat >write.py <<'PY'
from moneyed import Money
from moneyed.l10n import format_money
for code in ("HUF", "COP", "IQD"):
    money = Money("1234.50", code)
    print(code, money.get_amount_in_sub_unit(), format_money(money, locale="en_US"),
          format_money(money, locale="en_US", currency_digits=False))
PY
venv/bin/python write.py | tee seen
grep -qx "HUF 123450 HUF1,234 HUF1,234.50" seen
grep -qx "COP 123450 COP1,234 COP1,234.50" seen
grep -qx "IQD 1234500 IQD1,234 IQD1,234.50" seen
