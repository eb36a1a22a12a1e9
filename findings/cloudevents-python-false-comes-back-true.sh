#!/bin/sh
# cloudevents 2.2.0 for Python, binary mode over HTTP: `data` that is False is sent as the body `False`, which
# is not JSON, though the event says `application/json`; and the reader makes of it the text "False", which is
# true in every `if`. An extension that is True is sent as `ce-paid: True`.
#
# One would expect `false`, by the content type, as the same package writes it in structured mode, and `true`
# in the header: CloudEvents' type system gives the text of a boolean as "true" or "false", "case-sensitive".
# Numbers, lists and objects are written as JSON.
#
# Seen:
#   structured False
#   binary b'False' -> 'False'
#   header True
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cloudevents==2.2.0
cat >send.py <<'PY'
from cloudevents.core.bindings.http import from_binary, from_structured, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
form = JSONFormat()
event = CloudEvent(
    attributes={"id": "1", "source": "/shop", "type": "paid", "specversion": "1.0", "paid": True,
                "datacontenttype": "application/json"},
    data=False)
print("structured", from_structured(to_structured(event, form), form).get_data())
sent = to_binary(event, form)
print("binary", sent.body, "->", repr(from_binary(sent, form).get_data()))
print("header", sent.headers["ce-paid"])
PY
venv/bin/python send.py | tee seen
printf '%s\n' "structured False" "binary b'False' -> 'False'" "header True" >wanted
cmp seen wanted
