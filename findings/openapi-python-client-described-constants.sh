#!/bin/sh
# openapi-python-client 0.29.1: a field that is a `oneOf` of described string constants is read only
# where it has the first of them; any other value of the document raises ValueError.
#
# One would expect what an `enum` of the same words does, since the two allow the same values, and
# OpenAPI 3.1 has no other way to describe each value. The generator makes of the alternatives one union
# of `Literal` types, and the code that reads it tries each but raises at the first that does not fit.
#
# Seen:
#   prod read
#   stg ValueError: color_type_0 must match const 'prod', got 'stg'
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1
cat >document.yaml <<'EOF'
openapi: 3.1.0
info: {title: Things, version: "1"}
paths:
  /thing:
    get:
      operationId: read
      responses:
        "200":
          description: A thing
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Thing"}
components:
  schemas:
    Thing:
      type: object
      required: [color]
      properties:
        color:
          oneOf:
            - {type: string, const: prod, description: Real.}
            - {type: string, const: stg, description: A trial.}
EOF
PATH=$folder/venv/bin:$PATH venv/bin/openapi-python-client generate --path document.yaml \
    --meta none --output-path things >/dev/null
cat >read.py <<'EOF'
from things.models import Thing
for word in ("prod", "stg"):
    try:
        Thing.from_dict({"color": word})
        print(word, "read")
    except ValueError as error:
        print(word, "ValueError:", error)
EOF
venv/bin/python read.py | tee seen
grep -qx "prod read" seen && grep -q "^stg ValueError: .* must match const 'prod', got 'stg'" seen
