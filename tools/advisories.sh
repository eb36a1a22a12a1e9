#!/bin/sh
# Checks the dependencies against the RustSec advisories.
#
# cargo-deny fetches the advisories with git. A machine that cannot reach them may have a snapshot
# instead; it becomes the git repository that cargo-deny expects to have cloned.
set -eu
cd "$(dirname "$0")/.."

deny=.tools/bin/cargo-deny
snapshot=${ADVISORY_DB:-../shared/data/rustsec-advisory-db.tar.gz}
clone=.tools/advisory-db/advisory-db-3157b0e258782691 # cargo-deny's name for the official repository

if [ -f "$snapshot" ]; then
    rm -rf "$clone"
    mkdir -p "$clone"
    tar -xzf "$snapshot" -C "$clone"
    git -C "$clone" init --quiet
    git -C "$clone" add --all
    git -C "$clone" -c user.name=snapshot -c user.email=snapshot@localhost commit --quiet -m snapshot
    exec "$deny" --offline check advisories
fi

if GIT_TERMINAL_PROMPT=0 "$deny" fetch db; then
    exec "$deny" check advisories
fi
# Being offline says nothing about the code; an advisory is found by the next run that is not.
echo "advisories: NOT CHECKED, because the database cannot be fetched and $snapshot does not exist" >&2
