# Two commands on a fresh machine: `make run` and `make test`. See README.md.

PYTHON ?= python3
PORT ?= 8000
export PORT
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# What is installed is compiled when it is first loaded, and kept: each later start is twice as fast.
export PYTHONDONTWRITEBYTECODE :=
PIP := .venv/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps
BROWSER := $(firstword $(wildcard /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome))
FAKETIME := $(firstword $(wildcard /usr/lib/*/faketime/libfaketimeMT.so.1))

PDF_PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-symbola

.PHONY: run test trials check bench load screenshots browser paper clean

run: .venv/run paper  ## install, set up with demo data, serve
	@flask portal setup --demo
	@flask portal addresses
	@SITE_PORT=$(PORT) PRODUCTION_SITE_PORT=$$(( $(PORT) + 1 )) honcho start --no-prefix

test: browser paper  ## install what the tests need and run all of them
	@$(MAKE) --no-print-directory --jobs 2 .venv/run .venv/test
	@pytest -n 3

trials: .venv/run .venv/test  ## slow proofs; their last results are in docs/proofs.md
	@PORTAL_TRIALS=1 pytest tests/trials tests/databases/test_faults_statements.py -rs --timeout 300 --durations=3 -p no:cacheprovider

check: .venv/run .venv/test .venv/check  ## format, lint, types, layers, templates, runbooks, reports
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	djlint --quiet --lint portal
	flask runbooks lint
	flask incidents lint incidents
	flask emails lint
	flask databases lint

bench: .venv/run .venv/test .venv/datasette  ## ratios measured in one run; 10 minutes at most
	@python -m bench

load: .venv/run .venv/test  ## five minutes of 200 readers and 20 writers, four times; ends by itself
	@python -m bench.load

screenshots: .venv/run .venv/test browser paper  ## every page at 390 and 1280 pixels, light and dark
	@python -m tests.journeys.screenshots

browser:
ifeq ($(BROWSER),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium and OpenSSL for the tests"; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium openssl >/dev/null; \
	fi
endif
ifeq ($(FAKETIME),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing faketime for the tests with a wrong clock"; \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends faketime >/dev/null; } || true; \
	fi
endif

paper:  ## what PDFs need of the system; without it they are refused in one sentence
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! dpkg -s $(PDF_PACKAGES) >/dev/null 2>&1; then \
	  echo "Installing Pango and fonts for PDFs"; \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $(PDF_PACKAGES) >/dev/null; } || true; \
	fi

.venv/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Talkback needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 run"; exit 1; }
	@echo "Installing packages into .venv"
	@test -x .venv/bin/pip || $(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/pip requirements.txt
	@$(PIP) -r requirements.txt
	@touch $@

.venv/test: .venv/pip requirements-test.txt
	@$(PIP) -r requirements-test.txt
	@touch $@

.venv/check: .venv/pip requirements-dev.txt
	@echo "Installing what the checks need"
	@$(PIP) -r requirements-dev.txt
	@touch $@

# Only a reference of the benchmarks: in a place of its own, and where it can't be had they say so.
.venv/datasette: .venv/pip bench/datasette.txt
	@$(PYTHON) -m venv $@ && $@/bin/pip install --quiet --disable-pip-version-check \
	  -r bench/datasette.txt || { rm -rf $@; echo "Datasette can't be installed: nothing is compared with it."; }

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
