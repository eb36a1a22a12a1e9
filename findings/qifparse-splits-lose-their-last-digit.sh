#!/bin/sh
# qifparse 0.5: of the amount of a split the last digit is cut off. 700 of rent is read as 70, and 50 of heating as
# 5; of 30.25 the 5 is gone. Of the split's memo the last letter is gone. The whole of the transaction, beside them,
# is read as it stands, and nothing is raised.
#
# One would expect the parts to add up to the whole, as they do in the file: `S`, `E` and `$` of a split end with
# their line, like every field of QIF. quiffen 4.0.1 reads them so. With amounts to two places, of which the last
# is a 0, nothing is seen: -100.00 is -100.0 either way, so a test with round sums passes. The VAT of a payment is
# a part of it, so the books have the payment right and the VAT wrong, or a tenth of it where the file has no
# decimals. What is written out again has the short amounts in it.
#
# Seen:
#   qifparse -750.0 = -70.0 fla + -5.0 ga
#   qifparse -119.0 = -100.0 net + -19.0 VAT 19
#   qifparse -189.5 = -159.2 ne + -30.2 VA
#   quiffen -750 = -700 flat + -50 gas
#   quiffen -119.00 = -100.00 net. + -19.00 VAT 19%
#   quiffen -189.50 = -159.24 net + -30.26 VAT
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check qifparse==0.5 quiffen==4.0.1 setuptools==65.5.0
cat >payments.qif <<'TEXT'
!Type:Bank
D01/02/2026
T-750
PLandlord
SRent
Eflat
$-700
SHeating
Egas
$-50
^
D02/02/2026
T-119.00
PPaper Ltd
SOffice
Enet.
$-100.00
STax
EVAT 19%
$-19.00
^
D03/02/2026
T-189.50
PPaper Ltd
SOffice
Enet
$-159.24
STax
EVAT
$-30.26
^
TEXT
cat >read.py <<'PY'
from qifparse.parser import QifParser
from quiffen import Qif

def show(name, payments):
    for payment in payments:
        print(name, payment.amount, "=", " + ".join(f"{split.amount} {split.memo}" for split in payment.splits))

with open("payments.qif") as file:
    show("qifparse", QifParser.parse(file).get_transactions()[0])
[account] = Qif.parse("payments.qif", day_first=True).accounts.values()
[payments] = account.transactions.values()
show("quiffen", payments)
PY
venv/bin/python read.py | tee seen
cat >wanted <<'TEXT'
qifparse -750.0 = -70.0 fla + -5.0 ga
qifparse -119.0 = -100.0 net + -19.0 VAT 19
qifparse -189.5 = -159.2 ne + -30.2 VA
quiffen -750 = -700 flat + -50 gas
quiffen -119.00 = -100.00 net. + -19.00 VAT 19%
quiffen -189.50 = -159.24 net + -30.26 VAT
TEXT
cmp seen wanted
