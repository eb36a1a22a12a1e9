#!/bin/sh
# num2words 0.5.14, `lang="ar"`, `to="currency"`: a sum in euros, dollars or pounds is written in Arabic words as
# riyals and halalas, and so is one in any other code but TND, EGP and KWD. And 12.500 Kuwaiti dinars are "twelve
# dinars and fifty fils" (خمسون فلس).
#
# One would expect an error where a currency has no words: in English, German, French and most other languages of
# the package a code that is not known raises NotImplementedError. And a dinar of Kuwait has 1000 fils (ISO 4217
# gives it three digits), so 12.500 is five hundred fils; the dinar of Tunisia is read so, by the same converter.
# A sum is put into words where the words are to be what counts, on a cheque or an invoice. Here they say another
# currency, or a tenth of what is below one dinar, and nothing is raised.
#
# Seen:
#   EUR اثنا عشر ريالاً و خمسون هللة
#   USD اثنا عشر ريالاً و خمسون هللة
#   SAR اثنا عشر ريالاً و خمسون هللة
#   KWD اثنا عشر ديناراً و خمسون فلس
#   TND اثنا عشر ديناراً و خمسمائة مليماً
#   German, EUR zwölf Euro und fünfzig Cent
#   German, SAR NotImplementedError
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check num2words==0.5.14
cat >words.py <<'PY'
import sys
from decimal import Decimal
from num2words import num2words
sys.stdout.reconfigure(encoding="utf-8")
amount = Decimal("12.500")
for code in ("EUR", "USD", "SAR", "KWD", "TND"):
    print(code, num2words(amount, lang="ar", to="currency", currency=code).strip())
for code in ("EUR", "SAR"):
    try:
        told = num2words(amount, lang="de", to="currency", currency=code)
    except NotImplementedError as error:
        told = type(error).__name__
    print(f"German, {code}", told)
PY
venv/bin/python words.py | tee seen
cat >wanted <<'TEXT'
EUR اثنا عشر ريالاً و خمسون هللة
USD اثنا عشر ريالاً و خمسون هللة
SAR اثنا عشر ريالاً و خمسون هللة
KWD اثنا عشر ديناراً و خمسون فلس
TND اثنا عشر ديناراً و خمسمائة مليماً
German, EUR zwölf Euro und fünfzig Cent
German, SAR NotImplementedError
TEXT
cmp seen wanted
