# Every task of the project: `make` lists them. From a fresh clone `make dev` needs Rust and a C compiler,
# the others also Python, Node, curl and git; whatever else is needed is pinned in tools/ and installed
# once into .tools/.

PORT ?= 9000
ENV  ?= stg
ARCH ?= arm64

profile := $(if $(RELEASE),release,dev)
# Always of the whole workspace: of a part, cargo would build the common dependencies again, with the
# features that this part alone asks for.
cargo   := cargo build --workspace --locked --profile $(profile)
local   := $(cargo) --bin local
# All functions as one program. What is deployed is a binary for each: `make build-separate`, `make build`.
functions := $(cargo) --bin functions
built   := $(or $(CARGO_TARGET_DIR),target)/$(if $(RELEASE),release,debug)
# SEPARATE=1 holds the tests against the binary of each function.
export FUNCTIONS := $(if $(SEPARATE),$(abspath $(built)))

redocly := .tools/docs/node_modules/.bin/redocly

export SAM_CLI_TELEMETRY = 0
export REDOCLY_TELEMETRY = off

help: ## List the tasks
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

# ---- run it

dev: build-local ## Run the whole API on this machine, and what you change in it (PORT=9000 RELEASE=1 DYNAMODB_ENDPOINT=)
	@exec $(built)/local dev --port $(PORT) --rebuild 'exec $(functions) --quiet' \
	  --rebuild-all '$(local) --quiet && $(built)/local functions && $(functions) --quiet' \
	  $(if $(DYNAMODB_ENDPOINT),--dynamodb-endpoint $(DYNAMODB_ENDPOINT))

dev-reset: ## Forget the data of `make dev`
	rm -rf .dev

watch: build-local .tools/lambda/installed ## The same with cargo-lambda, rebuilding a function when its source changes
	@PATH="$(CURDIR)/.tools/lambda/bin:$$PATH" LOCAL=$(built)/local PORT=$(PORT) tools/watch.sh

account: ## Create an account and print its tokens as one line of JSON (ENV=stg NAME=acme RATE=)
	@$(local) --quiet
	@$(built)/local account --env $(ENV) $(if $(NAME),--name '$(NAME)') $(if $(RATE),--rate $(RATE))

build-local:
	$(local) --bin functions

build-separate:
	$(cargo) --bins

# ---- prove it

ifdef ONLY
test:
	@tools/only.sh '$(ONLY)'
else
test: test-rust ## Run every test, or those whose names contain ONLY= (SEPARATE=1: the black-box tests against a binary per function)
	@$(MAKE) --no-print-directory SEPARATE= test-outside
endif

test-rust: $(if $(SEPARATE),build-separate)
	cargo test --workspace --locked

# Each of them waits for itself half the time, so two run at once; but what Chromium is asked about has the
# machine for itself.
test-outside: ## Run the tests in which programs of others look on
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=line schemathesis books-check einvoice-check clients
	@$(MAKE) --no-print-directory web

schemathesis: build-local .tools/schemathesis/installed ## Hold the API to openapi.yaml with generated requests (SEED= EXAMPLES=)
	@PATH="$(CURDIR)/.tools/schemathesis/bin:$$PATH" LOCAL=$(built)/local tools/schemathesis.sh

books-check: .tools/books/installed ## Have beancount read exported books, and hledger where it is installed
	@PATH="$(CURDIR)/.tools/books/bin:$$PATH" cargo test --workspace --locked --test api -- --ignored --exact --nocapture \
	  books::accounting_programs_read_the_books_and_come_to_the_same

einvoice-check: .tools/einvoice/installed ## Hold electronic invoices against the official rules (PEPPOL_RULES= a folder with Peppol's)
	@PATH="$(CURDIR)/.tools/einvoice/bin:$$PATH" cargo test --workspace --locked --test api -- --ignored --exact --nocapture \
	  einvoices::the_official_rules_find_them_valid

clients: build-local .tools/clients/installed .tools/clients-node/installed ## Generate clients from openapi.yaml, and run one story with each (ONLY=all, or names)
	@LOCAL=$(built)/local ONLY="$(ONLY)" tests/clients/run.sh

# Where there is no Chromium, Debian's is installed.
web: build-local .tools/web/installed .tools/chromium.installed ## Open the pages in Chromium, and hold them to what people need (ONLY=)
	node web/dashboard/build.mjs --check
	node web/paymentkit-js/build.mjs --check
	@LOCAL=$(built)/local ONLY="$(ONLY)" tests/web/run.sh

soak: ## Run random customer journeys with injected faults, and audit (SECONDS=600 SEED=, or SEED=17 SEEDS=1 to repeat one; ONLY=once: the stories of payments; ONLY=webhooks::weather: a hundred objects, or OBJECTS, changed fifty times)
	@SECONDS=$(SECONDS) SEED=$(SEED) SEEDS=$(SEEDS) OBJECTS=$(OBJECTS) \
	  cargo test --workspace --locked --test api -- --ignored --exact --nocapture --test-threads 1 \
	  $(or $(ONLY:%=%::soak),journeys::soak once::soak)

# Not always: the document has 8 MB and is somebody else's. It is in a package, with the licence of it.
stripe-conformance: build-local .tools/stripe/installed ## Hold what Stripe is asked, and the stand-in's answers, against Stripe's own document
	@rm -rf target/stripe-exchanges && mkdir -p target/stripe-exchanges
	STRIPE_EXCHANGES='$(CURDIR)/target/stripe-exchanges' cargo test --workspace --locked --test api -- \
	  stripe processor_ disputes field_reports once guide
	.tools/stripe/bin/python tools/stripe_conformance.py .tools/stripe/spec3.json target/stripe-exchanges

stripe-emulator: build-local .tools/stripe-world/installed ## Hold the stand-in against Stripe World, an emulator of Stripe by others
	tools/stripe-world.sh run .tools/stripe-world cargo test --workspace --locked --test api -- \
	  --ignored --exact --nocapture stripe_emulator::the_stand_in_answers_as_is_written_beside_stripe_world

stripe-check: ## The same story with Stripe itself, by a test key of yours; no money moves (STRIPE_KEY=sk_test_…)
	@test -n '$(STRIPE_KEY)' || { echo 'STRIPE_KEY= is needed: a secret or restricted key of the test mode'; exit 2; }
	@STRIPE_KEY='$(STRIPE_KEY)' STRIPE_URL='$(STRIPE_URL)' cargo test --workspace --locked --test api -- \
	  --ignored --exact --nocapture stripe_check::stripe_itself_does_as_the_stand_in

fuzz: .tools/fuzz/installed ## Fuzz every reader of input with libFuzzer; needs a C++ compiler (SECONDS=5 for each, TARGET=)
	@PATH="$(CURDIR)/.tools/fuzz/bin:$$PATH" SECONDS_EACH=$(or $(SECONDS),5) tools/fuzz.sh $(TARGET)

mutants: .tools/mutants/installed ## Break the arithmetic of money and billing, and see which tests notice
	@PATH="$(CURDIR)/.tools/mutants/bin:$$PATH" tools/mutants.sh

audit: build-local ## Check what must hold of every item of a table (DATA=.dev/data, or DYNAMODB_ENDPOINT=; TABLE=; PROCESSORS=1: and of Stripe's record, SECRETS_KEY=file)
	@$(built)/local audit $(if $(DATA),--data '$(DATA)') $(if $(TABLE),--table '$(TABLE)') \
	  $(if $(DYNAMODB_ENDPOINT),--endpoint $(DYNAMODB_ENDPOINT)) $(if $(PROCESSORS),--processors) \
	  $(if $(SECRETS_KEY),--secrets-key '$(SECRETS_KEY)') $(if $(STRIPE_URL),--stripe-url '$(STRIPE_URL)')

books: ## Write an account's books in double entry (FORMAT=csv, beancount or hledger; ACCOUNT= FROM= TO= DATA= DYNAMODB_ENDPOINT= TABLE=)
	@$(local) --quiet
	@$(built)/local export-books --format '$(or $(FORMAT),csv)' $(if $(ACCOUNT),--account '$(ACCOUNT)') \
	  $(if $(FROM),--from '$(FROM)') $(if $(TO),--to '$(TO)') $(if $(DATA),--data '$(DATA)') \
	  $(if $(TABLE),--table '$(TABLE)') $(if $(DYNAMODB_ENDPOINT),--endpoint '$(DYNAMODB_ENDPOINT)')

restore-drill: build-local ## Export .dev/data, restore it beside, audit it and compare all answers (DATA= CREDENTIALS=)
	@$(built)/local restore-drill $(if $(DATA),--data '$(DATA)') $(if $(CREDENTIALS),--credentials '$(CREDENTIALS)')

check: check-rust check-dependencies check-template check-secrets check-openapi ## Run every check that is not a test

# The files of functions/ are read as modules of the one program, with their tests; then each once more as
# the program that is deployed, which takes seconds, while linking all of them takes minutes.
check-rust:
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --exclude functions --all-targets --locked -- -D warnings
	cargo clippy --workspace --bins --locked -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --exclude functions --no-deps --locked

check-dependencies: .tools/cargo.installed
	.tools/bin/cargo-deny check bans licenses sources
	tools/advisories.sh
	.tools/bin/cargo-machete

# Five readers, each of which knows what the others do not: the transform, the resources' schemas, what
# is usual, what is agreed here, and whether there is room for what is to come.
check-template: .tools/sam/installed .tools/checkov/installed .tools/cargo.installed
	.tools/sam/bin/sam validate --lint --region us-east-1
	.tools/sam/bin/cfn-lint template.yaml alarms.yaml
	.tools/checkov/bin/checkov --config-file tools/checkov.yaml
	.tools/bin/cfn-guard validate --rules tools/template.guard --data template.yaml --data alarms.yaml --show-summary fail
	.tools/sam/bin/python tools/room.py

check-secrets: .tools/secrets/installed
	@PATH="$(CURDIR)/.tools/secrets/bin:$$PATH" tools/secrets.sh

check-openapi: .tools/docs/installed
	$(redocly) lint --config tools/redocly.yaml openapi.yaml
	.tools/docs/node_modules/.bin/spectral lint --ruleset tools/spectral.yaml --fail-severity warn openapi.yaml

bench: ## Measure what a request costs, and how that compares with an earlier build
	cargo build --release --locked -p functions
	cargo run --release --locked -p bench
	@$(MAKE) --no-print-directory compare

# The build that `make compare` measures today's beside. Its release binaries are built once, below target/.
baseline := 31813b2a1d66ce2fe08496f71a583782ad436052
compared := account-update customers-create customers-get customers-list invoices-list not-found \
  operator-create-account payment-methods-create prices-create processors-create products-create \
  subscriptions-create test-clock-advance test-clock-stop workers-sweep

compare: target/baseline/$(baseline) ## Measure today's build beside an earlier one, both in turn (RUNS=5)
	cargo build --release --locked -p functions $(addprefix --bin ,$(compared))
	cargo run --release --locked -p bench -- compared --baseline $(baseline) --alternations $(or $(RUNS),5)

target/baseline/$(baseline):
	rm -rf target/baseline
	mkdir -p target/baseline
	git archive $(baseline) | tar -x -C target/baseline
	cd target/baseline && CARGO_TARGET_DIR=target cargo build --release --locked -p functions \
	  $(addprefix --bin ,$(compared))
	touch $@

load: .tools/load/installed ## Put load on the release build, and hold rate limits against it (SECONDS=10 MINUTES=10)
	cargo build --release --locked -p functions
	cargo run --release --locked -p bench -- load rate-limit \
	  --seconds $(or $(SECONDS),10) --minutes $(or $(MINUTES),10)

# ---- ship it

build: .tools/lambda/installed ## Build every function for Lambda into target/lambda (ARCH=arm64 or x86_64)
	@PATH="$(CURDIR)/.tools/lambda/bin:$$PATH" tools/build.sh $(ARCH)

deploy: .tools/sam/installed ## Deploy target/lambda to AWS, after `make build` (STACK=billing STAGE=prod WATCH=10 PARAMETERS=)
	@PATH="$(CURDIR)/.tools/sam/bin:$$PATH" tools/deploy.sh

functions: ## Write the lists of functions again, from the template
	$(local)
	$(built)/local functions

openapi: functions ## Write openapi.yaml again, and the lists of functions, from the types and the template
	$(functions)
	$(built)/local openapi

dashboard: .tools/web/installed ## Build the dashboard's files into web/dashboard/dist, which the function includes
	node web/dashboard/build.mjs

paymentkit-js: .tools/web/installed ## Build PaymentKit.js into web/paymentkit-js, and its integrity into the guide
	node web/paymentkit-js/build.mjs

docs: .tools/docs/installed ## Render openapi.yaml into target/docs/index.html
	$(redocly) build-docs --inlineBundle --output target/docs/index.html openapi.yaml

clean: ## Remove what was built and installed
	cargo clean
	rm -rf .tools fuzz/target

# ---- tools: one file of pins each, installed again when its pins change

python_tools := $(foreach tool,sam lambda schemathesis checkov secrets clients books,.tools/$(tool)/installed)
$(python_tools): .tools/%/installed: tools/%.txt
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Their rules are read; what else they depend on is not needed for that.
.tools/einvoice/installed: tools/einvoice.txt
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

.tools/stripe/installed: tools/stripe.txt tools/stripe-document.sh
	python3 -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check -r $<
	tools/stripe-document.sh $(@D)
	@touch $@

.tools/stripe-world/installed: tools/stripe-world.txt tools/stripe-world.sh
	tools/stripe-world.sh install $(@D) $<
	@touch $@

.tools/cargo.installed: tools/cargo.txt
	tools/cargo.sh
	@touch $@

# Not with the others, which every check needs. Optimized: one shares the machine with what it measures.
.tools/load/installed .tools/mutants/installed .tools/fuzz/installed: .tools/%/installed: tools/%.txt
	xargs cargo install --quiet --locked --root $(@D) < $<
	@touch $@

.tools/docs/installed .tools/clients-node/installed .tools/web/installed: .tools/%/installed: tools/%.txt
	npm install --silent --no-audit --no-fund --prefix $(@D) $$(cat $<)
	@touch $@

needed := $(foreach tool,sam schemathesis checkov secrets clients books einvoice docs clients-node web,.tools/$(tool)/installed)
tools: $(needed) .tools/cargo.installed .tools/chromium.installed ## Install what checks and tests need

.tools/chromium.installed:
	@mkdir -p $(@D)
	command -v chromium >/dev/null || (apt-get update && apt-get install --yes --no-install-recommends chromium fonts-dejavu-core)
	@touch $@

.PHONY: help dev dev-reset watch account build-local build-separate functions test test-rust test-outside schemathesis books-check einvoice-check clients web soak fuzz \
        stripe-conformance stripe-check stripe-emulator \
        mutants audit books \
        restore-drill tools check check-rust check-dependencies check-template check-secrets check-openapi \
        bench compare load build deploy openapi dashboard paymentkit-js docs clean
