#!/bin/sh
# ofxparse 0.21 for Python: a payment's date depends on how its zone is written. `[-5:EST]` and `[-5]` are the same
# zone in OFX, where the name may be left out; with the name the time is turned into UTC, without it the zone is
# not looked at. 22:00 on 31 January in New York is 1 February with it, and 31 January without.
#
# One would expect one moment to be read as one. The times that are given carry no zone, so that it cannot be seen
# which of the two was done. ofxtools 1.1.1 reads both as one moment, in UTC, and its times say so. What came in
# on the last day of a month is booked into another month, or not, by the bank that it came from, and one bank's
# change of software moves the dates of payments that were read before. Who needs the day takes it from the
# first eight digits.
#
# Seen:
#   20260131220000[-5:EST] ofxparse 2026-02-01 03:00:00 ofxtools 2026-02-01 03:00:00+00:00
#   20260131220000[-5] ofxparse 2026-01-31 22:00:00 ofxtools 2026-02-01 03:00:00+00:00
#   20260131220000 ofxparse 2026-01-31 22:00:00 ofxtools 2026-01-31 22:00:00+00:00
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ofxparse==0.21 ofxtools==1.1.1
cat >read.py <<'PY'
import io
import warnings
from ofxparse import OfxParser
from ofxtools.Parser import OFXTree
warnings.simplefilter("ignore")

def statement(posted):
    head = ("OFXHEADER:100", "DATA:OFXSGML", "VERSION:102", "SECURITY:NONE", "ENCODING:USASCII", "CHARSET:1252",
            "COMPRESSION:NONE", "OLDFILEUID:NONE", "NEWFILEUID:NONE", "", "")
    fine = "<STATUS><CODE>0<SEVERITY>INFO</STATUS>"
    return ("\r\n".join(head) + f"""<OFX>
<SIGNONMSGSRSV1><SONRS>{fine}<DTSERVER>20260202<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1{fine}<STMTRS><CURDEF>USD
<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20260101<DTEND>20260201
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>{posted}<TRNAMT>12.50<FITID>1<NAME>A customer</STMTTRN></BANKTRANLIST>
<LEDGERBAL><BALAMT>12.50<DTASOF>20260201</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>""").encode()

for posted in ("20260131220000[-5:EST]", "20260131220000[-5]", "20260131220000"):
    text = statement(posted)
    (one,) = OfxParser.parse(io.BytesIO(text)).account.statement.transactions
    tree = OFXTree()
    tree.parse(io.BytesIO(text))
    (other,) = tree.convert().statements[0].transactions
    print(posted, "ofxparse", one.date, "ofxtools", other.dtposted)
PY
venv/bin/python read.py | tee seen
cat >wanted <<'TEXT'
20260131220000[-5:EST] ofxparse 2026-02-01 03:00:00 ofxtools 2026-02-01 03:00:00+00:00
20260131220000[-5] ofxparse 2026-01-31 22:00:00 ofxtools 2026-02-01 03:00:00+00:00
20260131220000 ofxparse 2026-01-31 22:00:00 ofxtools 2026-01-31 22:00:00+00:00
TEXT
cmp seen wanted
