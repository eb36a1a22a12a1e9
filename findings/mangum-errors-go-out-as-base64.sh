#!/bin/sh
# mangum 0.22.0: an answer of type `application/problem+json` (RFC 9457) leaves the function as base64, with
# `isBase64Encoded: true`, while `application/json` leaves it as the text it is. A REST API that has no binary
# types set, which is how one is made, hands the base64 on as it stands: the client that reads why a payment
# was declined gets "eyJ0aXRsZSI6…".
#
# One would expect a type that ends in `+json` to be text: that is what the suffix says (RFC 6839). The list of
# text types in the package has `application/vnd.api+json`, written out, so the case was met; hono 4.13.19 and
# serverless-http 4.0.0 send it as text. Answers that went well show nothing. What mends it is
# `Mangum(app, text_mime_types=[…, "application/problem+json"])`, which replaces the whole list.
#
# Seen (an event of a REST API):
#   application/json: False {"title":"declined"}
#   application/vnd.api+json: False {"title":"declined"}
#   application/problem+json: True eyJ0aXRsZSI6ImRlY2xpbmVkIn0=
#   application/hal+json: True eyJ0aXRsZSI6ImRlY2xpbmVkIn0=
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mangum==0.22.0
cat >answer.py <<'PY'
from mangum import Mangum

def app_of(kind):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 402, "headers": [(b"content-type", kind.encode())]})
        await send({"type": "http.response.body", "body": b'{"title":"declined"}'})
    return app

event = {
    "resource": "/{proxy+}", "path": "/payments", "httpMethod": "POST", "body": None, "isBase64Encoded": False,
    "headers": {"host": "api.example.com"}, "multiValueHeaders": {"host": ["api.example.com"]},
    "queryStringParameters": None, "multiValueQueryStringParameters": None,
    "requestContext": {"stage": "prod", "requestId": "1", "identity": {"sourceIp": "192.0.2.1"}},
}
for kind in ("application/json", "application/vnd.api+json", "application/problem+json", "application/hal+json"):
    answer = Mangum(app_of(kind), lifespan="off")(event, None)
    print(f"{kind}:", answer["isBase64Encoded"], answer["body"])
PY
venv/bin/python answer.py | tee seen
cat >wanted <<'TEXT'
application/json: False {"title":"declined"}
application/vnd.api+json: False {"title":"declined"}
application/problem+json: True eyJ0aXRsZSI6ImRlY2xpbmVkIn0=
application/hal+json: True eyJ0aXRsZSI6ImRlY2xpbmVkIn0=
TEXT
cmp seen wanted
