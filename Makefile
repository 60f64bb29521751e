# Two commands: `make demo` and `make test`. Needs Python 3.11+ with venv, git and make; nothing else, and no root.

PYTHON ?= python3
PORT   ?= 8000
ROUNDS ?= 5
JOBS   ?= auto
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
STAMPS := $(VENV)/.stamps
TESTS  := tests/unit tests/web tests/property tests/docs
# Node comes with the test requirements: its programs are started by it, whatever the machine has.
NPM      := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm
NODE_BIN := $(BIN)/npx --no-install
SCRIPTS  := "census/web/static/js/**/*.js" "census/web/static/css/*.css" "forms/views/paper_page/*.css" "tests/*.mjs"

.PHONY: help demo test check lint coverage browser firefox others fault bench docs vendor lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo      try it: a county on http://127.0.0.1:$(PORT) and its province, Ctrl-C ends them; ready in a minute or two"
	@echo "make test      does it work: unit, web, property and document tests; 8 minutes on 2 cores"
	@echo "make lint      does it read well: layout, rules, types, layers; a few minutes; Node comes along"
	@echo "make check     before a commit: lint and test"
	@echo "make browser   on pages in Chromium; needs chromium, fonts-noto-cjk; half an hour"
	@echo "make firefox   the phone's pages in Firefox; needs firefox-esr; a few minutes"
	@echo "make others    printed PDF and other field tools' validator; needs Pango and Java 17; a minute"
	@echo "make fault     killed, full disk, cut network; a few minutes a round: ROUNDS=$(ROUNDS)"
	@echo "make docs      after changing a form: write the reference pages anew; seconds"
	@echo "make vendor    bundle the script of others that phones get, after its version changed; seconds"
	@echo "make lock      choose package versions anew; needs uv and a network; a minute"
	@echo "make bench     figures beside their limits; needs a quiet machine; half an hour"

demo: $(STAMPS)/census
	@exec $(BIN)/census demo --port $(PORT) $(DEMO)

test: $(STAMPS)/test
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(TESTS) $(PYTEST)

check: lint test

lint: $(STAMPS)/test $(STAMPS)/node
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(NODE_BIN) prettier --check $(SCRIPTS)
	$(NODE_BIN) tsc --project jsconfig.json
	$(BIN)/python -m pytest -q tests/lint

coverage: $(STAMPS)/test
	$(BIN)/coverage run -m pytest $(TESTS) $(PYTEST)
	$(BIN)/coverage report

browser: $(STAMPS)/test $(STAMPS)/node
	$(BIN)/python -m pytest tests/browser $(PYTEST)

others: $(STAMPS)/test
	$(BIN)/python -m pytest tests/others $(PYTEST)

fault: $(STAMPS)/test
	ROUNDS=$(ROUNDS) $(BIN)/python -m pytest tests/fault $(PYTEST)

firefox: $(STAMPS)/test
	$(BIN)/python -m pytest tests/firefox $(PYTEST)

bench: $(STAMPS)/test
	$(BIN)/python -m pytest tests/benchmark -s $(PYTEST)

docs: $(STAMPS)/census
	$(BIN)/python -m validation.reference_pages docs/reference/forms

# --- installing: one stamp per group, so that the demo installs no tests --------------------------------------------

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/app: requirements/app.txt | $(BIN)/python
	$(PIP) --require-hashes -r requirements/app.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/embedded: requirements/embedded.txt $(STAMPS)/app
	$(PIP) --require-hashes -r requirements/embedded.txt
	@touch $@

$(STAMPS)/worker: requirements/worker.txt $(STAMPS)/app
	$(PIP) --require-hashes -r requirements/worker.txt
	@touch $@

$(STAMPS)/census: pyproject.toml $(STAMPS)/worker $(STAMPS)/embedded
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/test: requirements/test.txt $(STAMPS)/census
	$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

$(STAMPS)/node: package-lock.json $(STAMPS)/test
	$(NPM) ci --silent --no-audit --no-fund
	@mkdir -p $(STAMPS) && touch $@

# Phones get others' scripts from the repository: neither the image nor a county's server has npm.
VENDOR := census/web/static/js/vendor
vendor: $(STAMPS)/node
	$(NPM) run --silent vendor >$(VENDOR)/qr.js
	cp node_modules/qr/LICENSE-MIT $(VENDOR)/qr.LICENSE

# --- choosing versions: the groups agree, and the files name no host and no machine ---------------------------

lock: $(STAMPS)/test
	for group in app embedded worker test; do \
	  uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --output-file requirements/$$group.txt requirements/$$group.in || exit 1; \
	done
	$(NPM) install --package-lock-only --silent --no-audit --no-fund --omit-lockfile-registry-resolved

clean:
	rm -rf $(VENV) node_modules build var *.egg-info
