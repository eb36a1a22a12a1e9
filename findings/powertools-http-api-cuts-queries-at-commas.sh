#!/bin/sh
# aws-lambda-powertools 3.37.0 for Python: of a request through an HTTP API (payload 2.0), a parameter is cut
# at every comma in it: `?name=Doe%2C%20John` is ["Doe", " John"], and `?expand=a%2Cb&expand=c` is three
# values. So says `resolved_query_string_parameters`, and so a list is read by the resolver with validation.
#
# One would expect two values for two parameters, and one for one. API Gateway's guide says that payload 2.0
# joins repeated parameters with commas in `queryStringParameters`, where the two cases look alike; but the
# same event has `rawQueryString`, which tells them apart, and which mangum 0.22.0 reads. (The property that
# one would look for, `multi_value_query_string_parameters`, is empty.)
#
# Seen:
#   name=Doe%2C%20John powertools {"name": ["Doe", " John"]} mangum {"name": ["Doe, John"]}
#   expand=a%2Cb&expand=c powertools {"expand": ["a", "b", "c"]} mangum {"expand": ["a,b", "c"]}
#   a handler with validation is given ["a", "b", "c"]
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aws-lambda-powertools==3.37.0 pydantic==2.14.4 \
    mangum==0.22.0
cat >ask.py <<'PY'
import json
from typing import Annotated
from urllib.parse import parse_qs
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from mangum import Mangum

def event(raw, joined):
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": "/things", "rawQueryString": raw, "headers": {},
        "queryStringParameters": joined, "isBase64Encoded": False,
        "requestContext": {"stage": "$default", "http": {
            "method": "GET", "path": "/things", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}},
    }

async def asgi(scope, receive, send):
    answer = json.dumps(parse_qs(scope["query_string"].decode())).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": answer})

plain, validating = APIGatewayHttpResolver(), APIGatewayHttpResolver(enable_validation=True)

@plain.get("/things")
def told():
    return plain.current_event.resolved_query_string_parameters

@validating.get("/things")
def given(expand: Annotated[list[str], Query()]):
    return expand

twice = event("expand=a%2Cb&expand=c", {"expand": "a,b,c"})
for asked in (event("name=Doe%2C%20John", {"name": "Doe, John"}), twice):
    ours = json.dumps(json.loads(plain.resolve(asked, {})["body"]))
    theirs = Mangum(asgi, lifespan="off")(asked, {})["body"]
    print(asked["rawQueryString"], "powertools", ours, "mangum", theirs)
print("a handler with validation is given", json.dumps(json.loads(validating.resolve(twice, {})["body"])))
PY
venv/bin/python ask.py | tee seen
cat >wanted <<'TEXT'
name=Doe%2C%20John powertools {"name": ["Doe", " John"]} mangum {"name": ["Doe, John"]}
expand=a%2Cb&expand=c powertools {"expand": ["a", "b", "c"]} mangum {"expand": ["a,b", "c"]}
a handler with validation is given ["a", "b", "c"]
TEXT
cmp seen wanted
