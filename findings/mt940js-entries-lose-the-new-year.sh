#!/bin/sh
# mt940js 1.3.5: the entry date of a line whose two dates lie on both sides of the new year is a year off. What was
# booked on 2 January 2026 with value of 31 December 2025 has the entry date 2 January 2025, and what was booked on
# 30 December 2025 with value of 1 January 2026 has 30 December 2026.
#
# One would expect the year in which the two dates are next to each other: field 61 gives the value date as YYMMDD
# and the entry date as MMDD only, and the two are days apart. mt-940 5.1.1 for Python finds the year so. The README
# says only that `entryDate` is a date. A payment of the turn of the year falls into books that were closed a year
# ago, or is a year in the future, and is not found when payments are looked up by the day on which they were
# booked. It has been reported, and is open.
#
# Seen:
#   2025-12-31 mt940js 2025-01-02 mt-940 2026-01-02
#   2026-01-01 mt940js 2026-12-30 mt-940 2025-12-30
#   2026-01-05 mt940js 2026-01-06 mt-940 2026-01-06
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' >package.json
npm install --silent --no-audit --no-fund mt940js@1.3.5
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mt-940==5.1.1
cat >statement <<'TEXT'
:20:STATEMENT
:25:NL08DEUT0319809633
:28C:1/1
:60F:C251230EUR1000,00
:61:2512310102C10,00NTRFNONREF//1
:86:first
:61:2601011230C20,00NTRFNONREF//2
:86:second
:61:2601050106C30,00NTRFNONREF//3
:86:third
:62F:C260106EUR1060,00
TEXT
cat >read.cjs <<'JS'
const { Parser } = require("mt940js");
const [statement] = new Parser().parse(require("node:fs").readFileSync("statement", "utf8"));
const day = (date) => date.toISOString().slice(0, 10);
for (const line of statement.transactions) console.log(day(line.date), "mt940js", day(line.entryDate));
JS
cat >read.py <<'PY'
import mt940
for line in mt940.parse("statement"):
    print("mt-940", line.data["entry_date"])
PY
node read.cjs >one
venv/bin/python read.py >two
paste -d " " one two | tee seen
cat >wanted <<'TEXT'
2025-12-31 mt940js 2025-01-02 mt-940 2026-01-02
2026-01-01 mt940js 2026-12-30 mt-940 2025-12-30
2026-01-05 mt940js 2026-01-06 mt-940 2026-01-06
TEXT
cmp seen wanted
