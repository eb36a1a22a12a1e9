#!/bin/sh
# jsvat 2.5.4: with all the countries it exports, it calls two kinds of VAT number of the European Union
# invalid: those of Northern Ireland, XI, which took the place of GB for trade in goods with the Union in
# 2021, and the Belgian ones that begin with 1. python-stdnum 2.2 takes both, by the same check digits.
#
# One would expect a list that has Belgium and the United Kingdom to know them: the Commission's VIES lists
# XI, and gives Belgium's form as BE0999999999 or BE1999999999. For XI there is no country to choose.
#
# Seen:
#   BE0428759497 jsvat valid, stdnum valid
#   BE1000000021 jsvat invalid, stdnum valid
#   GB980780684 jsvat valid, stdnum valid
#   XI980780684 jsvat invalid, stdnum valid
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' >package.json
npm install --silent --no-audit --no-fund jsvat@2.5.4
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check python-stdnum==2.2
cat >check.cjs <<'JS'
const jsvat = require("jsvat");
const all = Object.values(jsvat).filter((one) => one && one.rules);
for (const number of process.argv.slice(2))
  console.log(number, "jsvat", jsvat.checkVAT(number, all).isValid ? "valid," : "invalid,");
JS
cat >check.py <<'PY'
import sys
from stdnum.eu import vat
from stdnum.gb import vat as british
for line in sys.stdin:
    number = line.split()[0]
    valid = (british if number.startswith("GB") else vat).is_valid(number)
    print(line.strip(), "stdnum", "valid" if valid else "invalid")
PY
node check.cjs BE0428759497 BE1000000021 GB980780684 XI980780684 | venv/bin/python check.py | tee seen
grep -qx "BE0428759497 jsvat valid, stdnum valid" seen
grep -qx "BE1000000021 jsvat invalid, stdnum valid" seen
grep -qx "GB980780684 jsvat valid, stdnum valid" seen
grep -qx "XI980780684 jsvat invalid, stdnum valid" seen
