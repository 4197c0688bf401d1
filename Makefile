# Two commands on a fresh machine: `make run` and `make test`. See README.md.

# The system's own Python where it is new enough: it is built with optimisations, which save a fifth
# of the processor's time.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip; $(NEW_ENOUGH)' 2>/dev/null && echo /usr/bin/python3 || echo python3)
PORT ?= 8000
MINUTES ?= 20
export PORT
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# What is installed is compiled when it is first loaded, and kept: each later start is twice as fast.
export PYTHONDONTWRITEBYTECODE :=
PIP := .venv/bin/pip install --quiet --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes
HEADLESS := $(wildcard /usr/bin/chromium-headless-shell)
BROWSER := $(firstword $(HEADLESS) $(wildcard /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome))
FAKETIME := $(firstword $(wildcard /usr/lib/*/faketime/libfaketimeMT.so.1))

PDF_PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-symbola

.PHONY: run test quick trials check lint covered holes pins mutants bench load screenshots browser paper clean

# Ctrl-C ends what runs with SIGTERM, which no Python program answers with a traceback.
calmly = trap 'kill $$pid 2>/dev/null' INT TERM HUP; $(1) & pid=$$!; \
  while wait $$pid; code=$$?; kill -0 $$pid 2>/dev/null; do :; done; exit $$code

run: .venv/run paper  ## install, set up with demo data, serve
	@$(call calmly,python tools/run.py $(PORT))

test: browser paper  ## install what the tests need and run all of them
	@$(MAKE) --no-print-directory --jobs 2 .venv/run .venv/test
	@pytest -n 3

trials: .venv/run .venv/test  ## slow proofs; their last results are in docs/proofs.md
	@PORTAL_TRIALS=1 pytest tests/trials tests/*/trial_*.py tests/*/*/trial_*.py $(shell grep -rl tests.support.trials tests --include='test_*.py') -rs --timeout 900 --durations=3 -p no:cacheprovider -p no:randomly

# What a tool prints is shown where it fails, and nothing where all is well.
quietly = said="$$($(1) 2>&1)" || { echo "$$said"; exit 1; }

lint: .venv/run .venv/test .venv/check
	@$(call quietly,ruff format --check .)
	@$(call quietly,ruff check .)
	@$(call quietly,mypy)
	@$(call quietly,lint-imports --no-logo)
	@$(call quietly,djlint --quiet --lint portal)

quick: lint  ## format, lint, types, layers, and the telling tests: under 90 seconds on two cores
	@pytest -n 2 @tests/quick.txt

check: lint covered holes  ## all checks: format, lint, types, layers, templates, documents, coverage, known holes
	@$(call quietly,flask runbooks lint)
	@$(call quietly,flask incidents lint incidents)
	@$(call quietly,flask emails lint)
	@$(call quietly,flask databases lint)
	@echo "All checks passed."

covered: .venv/run .venv/test .venv/check  ## what the quick tests run of each room of the promise
	@$(call quietly,pytest -n 2 @tests/quick.txt --cov --cov-report=json:.coverage.json)
	@python tools/covered.py .coverage.json

holes: .venv/run .venv/check  ## known holes in the pinned packages; says so if the registry does not answer
	@python tools/known_holes.py

pins: .venv/pip  ## write locks/ from requirements*.txt, with the hashes of all files
	@python tools/pins.py make

mutants: .venv/run .venv/test .venv/check  ## small faults in what the promise rests on: how many fail a test; MINUTES=20
	@python tools/mutants.py --minutes $(MINUTES) $(WHAT)

bench: .venv/run .venv/test .venv/datasette  ## ratios measured in one run; 10 minutes at most
	@python -m bench

load: .venv/run .venv/test  ## five minutes of 200 readers and 20 writers, four times; ends on its own
	@python -m bench.load

screenshots: .venv/run .venv/test browser paper  ## every page at 390 and 1280 pixels, light and dark
	@python -m tests.journeys.screenshots

# The headless shell takes a quarter less of the processor; not every system has it.
browser:
ifeq ($(HEADLESS),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium and OpenSSL for the tests"; \
	  apt-get update -qq; \
	  apt-get install -y -qq --no-install-recommends chromium-headless-shell openssl >/dev/null 2>&1 || \
	  $(if $(BROWSER),true,apt-get install -y -qq --no-install-recommends chromium openssl >/dev/null); \
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
	@$(PYTHON) -c '$(NEW_ENOUGH)' || \
	  { echo "Talkback needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 run"; exit 1; }
	@echo "Installing packages into .venv"
	@test -x .venv/bin/pip || { $(call calmly,$(PYTHON) -m venv .venv); }
	@touch $@

.venv/run: .venv/pip requirements.txt locks/run.txt
	@$(call calmly,.venv/bin/python tools/pins.py check run)
	@$(call calmly,$(PIP) -r locks/run.txt)
	@touch $@

.venv/test: .venv/pip requirements-test.txt locks/test.txt
	@.venv/bin/python tools/pins.py check test
	@$(PIP) -r locks/test.txt
	@touch $@

.venv/check: .venv/pip requirements-dev.txt locks/check.txt
	@.venv/bin/python tools/pins.py check check
	@echo "Installing what the checks need"
	@$(PIP) -r locks/check.txt
	@touch $@

# Only a reference of the benchmarks: in a place of its own, and where it can't be had they say so.
.venv/datasette: .venv/pip bench/datasette.txt
	@$(PYTHON) -m venv $@ && $@/bin/pip install --quiet --quiet --disable-pip-version-check \
	  -r bench/datasette.txt || { rm -rf $@; echo "Datasette can't be installed: nothing is compared with it."; }

clean:
	@rm -rf .venv .coverage .coverage.json .mypy_cache .ruff_cache .pytest_cache .hypothesis
