#!/bin/sh
# standardwebhooks 1.1.0, Python: `sign` takes a datetime, and of one that carries a zone it keeps the wall
# clock and calls it UTC. The same moment told in another zone is signed as another time, and the receiver,
# who is sent the true Unix time beside it, finds no matching signature.
#
# One would expect two datetimes that are equal (`==`) to be signed alike, as `datetime.timestamp()` and the
# npm package, which takes a Date, have it. The code calls `replace(tzinfo=utc)`, where `astimezone(utc)`
# would be the same for UTC and right for all others. svix 2.9.1 for Python signs with this code, too.
#
# Seen:
#   equal True
#   UTC verified
#   +09:00 WebhookVerificationError: No matching signature found
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0
cat >sign.py <<'PY'
from datetime import datetime, timedelta, timezone
from standardwebhooks import Webhook
webhook = Webhook("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")
now = datetime.now(timezone.utc).replace(microsecond=0)
there = now.astimezone(timezone(timedelta(hours=9)))
print("equal", now == there)
for name, moment in (("UTC", now), ("+09:00", there)):
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(moment.timestamp())),
               "webhook-signature": webhook.sign("msg_1", moment, "{}")}
    try:
        webhook.verify("{}", headers)
        print(name, "verified")
    except Exception as error:
        print(f"{name} {type(error).__name__}: {error}")
PY
venv/bin/python sign.py | tee seen
grep -qx "equal True" seen
grep -qx "UTC verified" seen
grep -qx "+09:00 WebhookVerificationError: No matching signature found" seen
