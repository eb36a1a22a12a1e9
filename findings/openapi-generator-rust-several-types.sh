#!/bin/sh
# openapi-generator 7.26.0, rust: a field of `type: [string, number]` becomes a struct without fields,
# so the value cannot be given and is sent as `{}`. Of `oneOf: [{type: string}, {type: number}]`, which
# allows the same values, the same generator makes an untagged enum of String and f64.
#
# One would expect the two to be alike, or the first to be any JSON value; nothing is said while it
# generates, and the crate compiles.
#
# Seen:
#   pub struct ThingSeveral { }
#   pub enum ThingOne { String(String), Number(f64), }
# Exits with an error if that changes. Needs Java, which the generator runs on.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openapi-generator-cli==7.26.0
cat >document.yaml <<'EOF'
openapi: 3.1.0
info: {title: Things, version: "1"}
paths:
  /thing:
    post:
      operationId: make
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Thing"}
      responses:
        "204": {description: Made}
components:
  schemas:
    Thing:
      type: object
      properties:
        several: {type: [string, number]}
        one: {oneOf: [{type: string}, {type: number}]}
EOF
venv/bin/openapi-generator-cli generate -i document.yaml -g rust -o rust >log 2>&1 || { cat log; exit 1; }
for name in several one; do
    grep -v '^ *//\|^ *#\|^$' "rust/src/models/thing_$name.rs" | sed -n '/^pub/,/^}/p' | tr -s ' \n' ' '
    echo
done | tee seen
grep -q '^pub struct ThingSeveral { }' seen && grep -q '^pub enum ThingOne { String(String), Number(f64), }' seen
