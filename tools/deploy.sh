#!/bin/sh
# Deploys target/lambda with template.yaml. The first time it asks, and keeps the answers in
# samconfig.toml; after that it shows the changes and waits for a yes.
set -eu
cd "$(dirname "$0")/.."

if [ ! -f target/lambda/architecture ]; then
    echo "Nothing to deploy: run \`make build\` first." >&2
    exit 1
fi
cat >&2 <<'TEXT'
Credentials come from the environment, as for the aws command: AWS_PROFILE, or AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY; the region from AWS_REGION. They must be allowed to manage CloudFormation, S3
(for the code), Lambda, IAM roles and policies, API Gateway, DynamoDB and CloudWatch Logs.
TEXT

[ -f samconfig.toml ] || guided=--guided
exec sam deploy ${guided:-} --template-file template.yaml --stack-name "${STACK:-billing}" \
    --capabilities CAPABILITY_IAM --resolve-s3 --confirm-changeset \
    --parameter-overrides "Stage=${STAGE:-prod}" "Architecture=$(cat target/lambda/architecture)"
