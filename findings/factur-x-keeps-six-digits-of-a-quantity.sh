#!/bin/sh
# factur-x 7.8 for Python: a line's quantity given as a number is written with six significant digits. 123456.5
# hours at 2.00 become "123456" beside the line's sum of 246913.00, and the document is valid by its schema;
# 1234567 calls, a whole number, become "1.23457e+06", which the schema then refuses.
#
# One would expect the quantity as given, or rounded to the four decimals that the code states for
# quantities: its change log (7.0) says that quantities are also taken as floats, and prices and sums given so
# keep their digits. The code rounds to four decimals and then formats with Python's "g", which is six digits
# in all. A quantity given as text is written as it is. Counts of use reach seven digits easily.
#
# Seen (UBL; the same code makes Factur-X's CII):
#   12.5 -> 12.5, sum 25.00
#   123456.5 -> 123456, sum 246913.00
#   '123456.5' -> 123456.5, sum 246913.00
#   1234567 -> '1.23457e+06' is not a valid value
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check factur-x==7.8
cat >write.py <<'PY'
import re
from facturx import generate_xml

def invoice(quantity):
    total = round(float(quantity) * 2, 2)
    return {
        "BT-1": "1", "BT-2": "2026-01-31", "BT-3": "380", "BT-5": "EUR", "BT-9": "2026-02-28",
        "BG-4": {"name": "Seller", "country_code": "DE"}, "BG-7": {"name": "Buyer", "country_code": "DE"},
        "BT-106": total, "BT-109": total, "BT-110": 0.0, "BT-112": total, "BT-115": total,
        "BG-23": [{"BT-116": total, "BT-117": 0.0, "BT-118": "Z", "BT-119": 0.0}],
        "BG-25": [{"BT-126": "1", "BT-129": quantity, "BT-130": "C62", "BT-131": total, "BT-146": 2.0,
                   "BT-151": "Z", "BT-152": 0.0, "BT-153": "Use"}],
    }

for quantity in (12.5, 123456.5, "123456.5", 1234567):
    try:
        xml = generate_xml(invoice(quantity), flavor="ubl-2.1", level="en16931", check_schematron=None)
        line = (xml if isinstance(xml, str) else xml.decode()).split("InvoiceLine>")[1]
        written, total = re.findall(r"(?:InvoicedQuantity|LineExtensionAmount) [^>]*>([^<]*)<", line)
        print(f"{quantity!r} -> {written}, sum {total}")
    except Exception as error:
        print(f"{quantity!r} ->", *re.findall("'[^']*' is not a valid value", str(error)))
PY
venv/bin/python write.py 2>log | tee seen
cat >wanted <<'TEXT'
12.5 -> 12.5, sum 25.00
123456.5 -> 123456, sum 246913.00
'123456.5' -> 123456.5, sum 246913.00
1234567 -> '1.23457e+06' is not a valid value
TEXT
cmp seen wanted
