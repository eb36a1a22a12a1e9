#!/bin/sh
# Deploys target/lambda with template.yaml: shows the changes, and waits for a yes. For WATCH minutes
# after it CloudFormation looks at the stack's alarms, and goes back when one rings (tools/deploy.py).
# Usage: STACK=billing STAGE=prod WATCH=10 PARAMETERS='ThrottleRate=500 …' tools/deploy.sh, with the bin
# of sam's environment on the PATH.
#
# Parameters that are not named keep their values. Not `sam deploy --guided`: it asks of every single
# function whether it may do without an authorizer. They authenticate themselves.
set -eu
cd "$(dirname "$0")/.."

if [ ! -f target/lambda/architecture ]; then
    echo "Nothing to deploy: run \`make build\` first." >&2
    exit 1
fi
if [ -z "${AWS_REGION:-${AWS_DEFAULT_REGION:-}}${AWS_PROFILE:-}" ]; then
    cat >&2 <<'TEXT'
Say where to: set AWS_PROFILE, or AWS_REGION with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
The credentials must be allowed to manage CloudFormation, S3 (for the code), Lambda, IAM roles and
policies, API Gateway, DynamoDB, SQS, EventBridge Scheduler, CloudWatch Logs and, for alarms,
CloudWatch and SNS.
TEXT
    exit 1
fi

# sam reads the region from AWS_DEFAULT_REGION alone.
[ -z "${AWS_REGION:-}" ] || export AWS_DEFAULT_REGION="$AWS_REGION"
# PARAMETERS is unquoted on purpose: it is a list of words.
export STACK="${STACK:-billing}" WATCH="${WATCH:-10}"
exec python tools/deploy.py deploy --template-file template.yaml --stack-name "$STACK" \
    --capabilities CAPABILITY_IAM --resolve-s3 --confirm-changeset --parameter-overrides \
    "Stage=${STAGE:-prod}" "Architecture=$(cat target/lambda/architecture)" ${PARAMETERS:-}
