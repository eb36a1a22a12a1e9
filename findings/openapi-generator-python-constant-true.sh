#!/bin/sh
# openapi-generator 7.26.0, python: a field of `type: boolean, const: true` cannot be read: of a body
# with `true` in it, which is all the document allows, it raises a ValidationError.
#
# One would expect the constant to be read as what it is. The generator turns it into an enum of texts
# and compares the boolean with the text 'true'. Where the answer of a DELETE says `deleted: true`, the
# client raises after the deletion was done.
#
# Seen:
#   ValidationError: must be one of enum values ('true')
# Exits with an error if that changes. Needs Java, which the generator runs on.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openapi-generator-cli==7.26.0 \
    pydantic==2.14.4 python-dateutil==2.9.0.post0 urllib3==2.8.0
cat >document.yaml <<'EOF'
openapi: 3.1.0
info: {title: Things, version: "1"}
paths:
  /thing:
    delete:
      operationId: remove
      responses:
        "200":
          description: Gone
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Gone"}
components:
  schemas:
    Gone:
      type: object
      required: [deleted]
      properties:
        deleted: {type: boolean, const: true}
EOF
venv/bin/openapi-generator-cli generate -i document.yaml -g python -o out >log 2>&1 || { cat log; exit 1; }
cat >read.py <<'EOF'
from openapi_client.models import Gone
try:
    print(Gone.from_json('{"deleted": true}'))
except ValueError as error:
    print(f"{type(error).__name__}: {error}")
EOF
PYTHONPATH=out venv/bin/python read.py | tee seen
grep -q "must be one of enum values ('true')" seen
