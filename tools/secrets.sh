#!/bin/sh
# Looks for secrets in every tracked file, with detect-secrets and its list of what secrets look like;
# fails where there is one. Usage: tools/secrets.sh, with detect-secrets-hook on the PATH.
#
# What looks like one and is none is said here, with the reason. There is no baseline: a list of hashes
# tells nobody why each may be there.
set -eu
cd "$(dirname "$0")/.."

set -- --plugin tools/secrets_of_ours.py
none() { :; } # the reason, beside what it is the reason for

none "the example of a token, in the source and in the documentation made from it"
set -- "$@" --exclude-secrets '^st_prod_5hK0yT3vQ8mZ1cR7nW4xB6jL2pD9sF0aG8kE$'
none "the example of a session's secure token, likewise"
set -- "$@" --exclude-secrets '^6f1c0e5d9b7a48f2a3c4d5e6f708192a$'
none "a token of zeros with the right check digits, which a test says nobody has"
set -- "$@" --exclude-secrets '^st_prod_0{31}kgGab$'
none "the alphabets of ids and of promotion codes, in order"
set -- "$@" --exclude-secrets 'ABCDEFGH'
none "the word for a kind of token"
set -- "$@" --exclude-lines 'Secret = "secret",'
none "a commit of this repository, which a measurement is compared with"
set -- "$@" --exclude-secrets '^31813b2a[0-9a-f]{32}$'
none "secrets of webhooks: the example, and the one that Standard Webhooks gives in its specification"
set -- "$@" --exclude-secrets '^(whsec_)?(dGhpcyBpcyAzMiBieXRlcyBvZiBhbiBleGFtcGxlISE=|MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw)$'
set -- "$@" --exclude-secrets '^msg_p5jXN8AQM9LWM0D4loKWxJek$'
none "prose about secrets"
set -- "$@" --exclude-lines 'rotate-secret' --exclude-lines 'that makes its secret:'
none "an address with a user in it, which is refused"
set -- "$@" --exclude-secrets '^secret$'
none "keys of Stripe that Stripe would not know: too short"
set -- "$@" --exclude-secrets '^[sr]k_(test|live)_[a-z0-9]{1,12}$' --exclude-secrets '^pk_(live|test)_1$'
none "the key of the stand-in for Stripe, which moves no money, and a signature that another program made of a text in a test"
set -- "$@" --exclude-secrets '^rk_test_standin0000demo$' --exclude-secrets '^7360fed1c5795a40'
none "the integrity of PaymentKit.js, which browsers compare with the file"
set -- "$@" --exclude-lines 'integrity="sha384-'
none "inputs that a fuzzer made up; some are tokens, of nobody"
set -- "$@" --exclude-files '^fuzz/corpus/'
none "what the plugin calls what it finds"
set -- "$@" --exclude-lines 'secret_type = "Billing API token"'
none "the commit that was measured"
set -- "$@" --exclude-lines '"commit": "[0-9a-f]{12}"'

git ls-files -z | xargs -0 detect-secrets-hook --no-verify "$@"
