#!/bin/sh
# dynamodb-json 1.4.2, Python: a map with a key that is also the name of one of DynamoDB's types is read as a value
# of that type. Prices by size, {"S": 1000, "M": 1200, "L": 1400}, are written as they should be, and read back as
# the text "1000"; of {"M": 1200, "L": 1400} is left 1200.
#
# One would expect the map: in DynamoDB's JSON it stands inside of an "M", so it cannot be taken for a type, and
# boto3's TypeDeserializer reads it. The README says that the package works the same as the `loads` and `dumps` of
# json. It goes through the JSON from the inside, and what has been read already is taken for something still to be
# read. The item is written back with the one price, and the others are gone; with sizes in full ("small") all is
# well. It has been reported twice: once it was closed, not to be repaired, and once it is open.
#
# Seen (with boto3 1.44.8):
#   {'S': 1000, 'M': 1200, 'L': 1400} -> '1000', boto3 {'S': 1000, 'M': 1200, 'L': 1400}
#   {'M': 1200, 'L': 1400} -> 1200, boto3 {'M': 1200, 'L': 1400}
#   {'small': 1000, 'large': 1400} -> {'small': 1000, 'large': 1400}, boto3 {'small': 1000, 'large': 1400}
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check dynamodb-json==1.4.2 boto3==1.44.8 botocore==1.44.8
cat >sizes.py <<'PY'
import json
from boto3.dynamodb.types import TypeDeserializer
from dynamodb_json import json_util

for prices in ({"S": 1000, "M": 1200, "L": 1400}, {"M": 1200, "L": 1400}, {"small": 1000, "large": 1400}):
    text = json_util.dumps({"id": "shirt", "prices": prices})
    other = TypeDeserializer().deserialize(json.loads(text)["prices"])
    print(f"{prices} -> {json_util.loads(text)['prices']!r}, boto3", {size: int(other[size]) for size in other})
PY
venv/bin/python sizes.py | tee seen
cat >wanted <<'TEXT'
{'S': 1000, 'M': 1200, 'L': 1400} -> '1000', boto3 {'S': 1000, 'M': 1200, 'L': 1400}
{'M': 1200, 'L': 1400} -> 1200, boto3 {'M': 1200, 'L': 1400}
{'small': 1000, 'large': 1400} -> {'small': 1000, 'large': 1400}, boto3 {'small': 1000, 'large': 1400}
TEXT
cmp seen wanted
