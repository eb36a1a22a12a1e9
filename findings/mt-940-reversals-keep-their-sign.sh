#!/bin/sh
# mt-940 5.1.1 for Python: a credit that the bank takes back (mark RC in field 61) is read as a positive
# amount, like the credit itself. Only the mark D makes an amount negative. So the lines of a statement no
# longer add up to its closing balance: 30.00 that was taken back counts as 30.00 received.
#
# One would expect what SWIFT says of the marks in field 61: "RC Reversal of credit (debit entry)", "RD
# Reversal of debit (credit entry)". So D and RC take money away, and C and RD bring it, and a library that
# gives the sign for D gives it for RC. RC is what a collected payment that bounced looks like: the customer
# is seen to have paid twice. The `status` still says RC, so who knows can mend the sign.
#
# Seen:
#   D -10.00
#   RC 30.00
#   RD 5.50
#   lines 25.50, balances -34.50
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mt-940==5.1.1
cat >statement <<'TEXT'
:20:STATEMENT
:25:NL08DEUT0319809633
:28C:1/1
:60F:C260101EUR1000,00
:61:2601020102D10,00NTRFNONREF//1
:86:fee
:61:2601020102RC30,00NTRFNONREF//2
:86:a payment taken back
:61:2601020102RD5,50NTRFNONREF//3
:86:a fee given back
:62F:C260102EUR965,50
TEXT
cat >read.py <<'PY'
import mt940
statement = mt940.parse("statement")
for line in statement:
    print(line.data["status"], line.data["amount"].amount)
balance = lambda name: statement.data[name].amount.amount
print(f"lines {sum(line.data['amount'].amount for line in statement)},",
      f"balances {balance('final_closing_balance') - balance('final_opening_balance')}")
PY
venv/bin/python read.py | tee seen
printf '%s\n' "D -10.00" "RC 30.00" "RD 5.50" "lines 25.50, balances -34.50" >wanted
cmp seen wanted
