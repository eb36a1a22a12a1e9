#!/bin/sh
# factur-x 7.8 for Python: `xml_check_schematron` answers True for an invoice that nobody has checked. It sends
# the document to a Saxon server, at localhost:5000 if no other is named, and where none answers it writes a
# warning to the log, leaves the check out, and says what it says of a valid one. `generate_xml`, which checks by
# default, gives out an invoice with 99.00 of VAT at 19% on 100.00, likewise.
#
# One would expect an error, or not True: the function's own text says "True if the XML is valid against the
# schematron, raise an error if it is not valid". A test without the server is green for every invoice. The
# option `saxon_server_raise_if_http_error=True` makes it raise, and has to be given with each call.
#
# Seen (no server at the address):
#   checked True
#   generated, with VAT of 99.00
#   told to raise RuntimeError
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check factur-x==7.8
cat >check.py <<'PY'
import socket
from facturx import generate_xml, xml_check_schematron

with socket.socket() as nobody:
    nobody.bind(("127.0.0.1", 0))
    server = f"http://127.0.0.1:{nobody.getsockname()[1]}/transform"

fields = {
    "BT-1": "1", "BT-2": "2026-01-31", "BT-3": "380", "BT-5": "EUR", "BT-9": "2026-02-28",
    "BG-4": {"name": "Seller", "country_code": "CY", "vat_identifier": "CY10259033P"},
    "BG-7": {"name": "Buyer", "country_code": "DE"},
    "BT-106": 100.0, "BT-109": 100.0, "BT-110": 99.0, "BT-112": 199.0, "BT-115": 199.0,
    "BG-23": [{"BT-116": 100.0, "BT-117": 99.0, "BT-118": "S", "BT-119": 19.0}],
    "BG-25": [{"BT-126": "1", "BT-129": 1, "BT-130": "C62", "BT-131": 100.0, "BT-146": 100.0,
               "BT-151": "S", "BT-152": 19.0, "BT-153": "Use"}],
}
xml = generate_xml(fields, flavor="ubl-2.1", level="en16931", saxon_server_url=server)
text = xml if isinstance(xml, str) else xml.decode()
print("checked", xml_check_schematron(text, saxon_server_url=server))
if ">99.00</" in text:
    print("generated, with VAT of 99.00")
try:
    xml_check_schematron(text, saxon_server_url=server, saxon_server_raise_if_http_error=True)
except Exception as error:
    print("told to raise", type(error).__name__)
PY
venv/bin/python check.py 2>log | tee seen
printf '%s\n' "checked True" "generated, with VAT of 99.00" "told to raise RuntimeError" >wanted
cmp seen wanted
