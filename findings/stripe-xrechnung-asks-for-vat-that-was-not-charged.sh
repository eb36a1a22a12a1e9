#!/bin/sh
# stripe-xrechnung 0.1.0: an invoice of Stripe's without tax becomes an XRechnung with 19% VAT: 100.00 that were
# charged, to a business in France, are 119.00 to pay. 107.00 with 7% are 119.00, too, and so are 95.20 that are left
# after a discount of 20%. `validate_invoice` finds nothing.
#
# One would expect the sums of the invoice, or an error where they cannot be had. The README says that the library
# "never invents" a VAT number, and that `total` is for a "cross-check only"; it is not looked at. The rate is taken
# from the percentage of a rate that was expanded; as Stripe sends it, by webhook as well, a line has the rate's id
# and the amount of the tax, and then the rate is 19. Discounts are not read at all. A seller who issues a document
# with VAT on it owes that VAT, whoever charged how much. And yen, which have no cents, are divided by 100.
#
# Seen:
#   no tax: charged EUR 100.00, XRechnung 119.00 with VAT 19.00, issues 0
#   7%, with the id of the rate: charged EUR 107.00, XRechnung 119.00 with VAT 19.00, issues 0
#   19%, less 20%: charged EUR 95.20, XRechnung 119.00 with VAT 19.00, issues 0
#   0%, rate expanded: charged JPY 10000, XRechnung 100.00 with VAT 0.00, issues 0
#   19%, rate expanded: charged EUR 119.00, XRechnung 119.00 with VAT 19.00, issues 0
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check stripe-xrechnung==0.1.0 pydantic==2.14.4 lxml==6.1.3
cat >invoices.py <<'PY'
from lxml import etree
from stripe_xrechnung import emit_ubl, map_stripe, validate_invoice

SELLER = {"name": "Seller GmbH", "street": "Street 1", "city": "Town", "postal_code": "44331", "country": "DE",
          "vat_id": "DE123456789", "email": "a@example.com", "phone": "+49 30 0", "contact_name": "A",
          "iban": "DE89370400440532013000"}

def show(name, charged, currency="eur", total=10000, **line):
    document = map_stripe({
        "id": "in_1", "object": "invoice", "number": "R-1", "currency": currency, "created": 1767600000,
        "customer_name": "Buyer SARL", "customer_email": "b@example.com", "metadata": {"buyer_reference": "PO-1"},
        "customer_address": {"line1": "Rue 1", "city": "Lyon", "postal_code": "69001", "country": "FR"},
        "subtotal": 10000, "total": total, "amount_due": total,
        "lines": {"object": "list", "data": [{"id": "il_1", "object": "line_item", "amount": 10000, "quantity": 1,
                                              "description": "Plan", **line}]},
    }, SELLER)
    ubl = etree.fromstring(emit_ubl(document))
    payable, vat = (next(ubl.iter("{*}" + tag)).text for tag in ("PayableAmount", "TaxAmount"))
    print(f"{name}: charged {currency.upper()} {charged}, XRechnung {payable} with VAT {vat},",
          f"issues {len(validate_invoice(document).issues)}")

def expanded(amount, percentage):
    return [{"amount": amount, "inclusive": False, "tax_rate": {"id": "txr_1", "percentage": percentage}}]

show("no tax", "100.00", tax_amounts=[], tax_rates=[])
show("7%, with the id of the rate", "107.00", total=10700,
     tax_amounts=[{"amount": 700, "inclusive": False, "tax_rate": "txr_1", "taxable_amount": 10000}])
show("19%, less 20%", "95.20", total=9520, tax_amounts=expanded(1520, 19.0),
     discount_amounts=[{"amount": 2000, "discount": "di_1"}])
show("0%, rate expanded", "10000", currency="jpy", tax_amounts=expanded(0, 0.0))
show("19%, rate expanded", "119.00", total=11900, tax_amounts=expanded(1900, 19.0))
PY
venv/bin/python invoices.py | tee seen
cat >wanted <<'TEXT'
no tax: charged EUR 100.00, XRechnung 119.00 with VAT 19.00, issues 0
7%, with the id of the rate: charged EUR 107.00, XRechnung 119.00 with VAT 19.00, issues 0
19%, less 20%: charged EUR 95.20, XRechnung 119.00 with VAT 19.00, issues 0
0%, rate expanded: charged JPY 10000, XRechnung 100.00 with VAT 0.00, issues 0
19%, rate expanded: charged EUR 119.00, XRechnung 119.00 with VAT 19.00, issues 0
TEXT
cmp seen wanted
