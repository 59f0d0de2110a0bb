# Everything runs in a virtual environment that make sets up by itself, and again when requirements change.
# The stamps in $(MADE) say what has been done, so a second call is quick.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

VENV ?= .venv
PYTHON ?= python3
# `make setup TRAIN=` leaves torch out; install a build of your own, CPU only for instance, into the environment.
TRAIN ?= requirements/train.txt
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)

MADE := $(VENV)/made
BIN := $(VENV)/bin
SETS := $(strip requirements/base.txt $(TRAIN) requirements/dev.txt)
SOURCES := pyproject.toml README.md LICENSE NOTICE $(shell find libs services schemas -name __pycache__ -prune -o -print)
# Kinds of tests in the order they run: slow ones first, so that the quick ones fill both processes to the end.
KINDS := $(wildcard tests/e2e tests/browser tests/integration tests/flow tests/contract tests/architecture tests/unit)
# -P: the working folder stays off the path, so the tests import the installed wheel, never the source tree.
PYTEST := $(BIN)/python -P -m pytest
# Most of the time a test waits for processes that it started, so two files run side by side.
BESIDE := --numprocesses 2 --dist loadfile
COMPOSE := $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONSAFEPATH := 1
unexport PYTHONDONTWRITEBYTECODE # pytest keeps the tests as it has compiled them

.PHONY: help setup develop wheel demo language test images containers mutants unit check format docs pages up down \
	status bench chaos lock clean

help: ## print this help
	@echo "FedSwipe. Targets:"; \
	sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS='|' read -r target text; do printf '%-16s %s\n' "$$target" "$$text"; done; \
	echo "Variables: VENV=$(VENV) PYTHON=$(PYTHON) TRAIN=$(TRAIN)"

setup: $(MADE)/installed ## set up the environment and install the project's wheel (5 GB, most of it torch)

develop: $(MADE)/requirements ## install the source tree as editable, until the next target puts the wheel back
	@rm -f $(MADE)/installed
ifeq ($(UV),uv)
	uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endif

wheel: $(MADE)/wheel ## build the wheel into dist/

demo: $(MADE)/installed ## run the whole loop; SWIPES=PATH of real logs, JSON=FILE for the figures, CLIENTS=N, MODEL=swipe-ru
	$(BIN)/fedswipe demo $(if $(SWIPES),--swipes "$(SWIPES)") $(if $(JSON),--json "$(JSON)") \
		$(if $(CLIENTS),--clients $(CLIENTS)) $(MODEL:%=--model %)

language: $(MADE)/installed ## add a language: LAYOUT=FILE of its keyboard, WORDS=de (wordfreq's code)
	$(BIN)/fedswipe language add "$(LAYOUT)" --words "$(WORDS)"

test: export FEDSWIPE_SWIPES ?= $(abspath $(SWIPES))
test: $(MADE)/installed ## run every test against the wheel; SWIPES=PATH of real logs, which the browser's tests draw
	$(BIN)/fedswipe fetch --with-rclone
	$(PYTEST) $(KINDS) $(BESIDE) --no-loadscope-reorder --durations=10 --cov --cov-report=term $(ARGS)

mutants: $(MADE)/installed ## take each guarantee out of the code and expect its test to turn red
	$(BIN)/python tools/mutants.py $(ARGS)

images: ## build the images of the services and the demonstration
	$(COMPOSE) --profile demo build

containers: $(MADE)/installed ## run the tests of images and compose, then those of the stack and the loop in containers
	$(PYTEST) tests/containers $(ARGS)
	STACK=containers $(PYTEST) tests/contract tests/flow tests/integration tests/e2e/test_loop.py tests/e2e/test_crashes.py $(ARGS)

unit: $(MADE)/installed ## run the unit tests alone
	$(PYTEST) tests/unit $(BESIDE) -q $(ARGS)

check: $(MADE)/installed ## lint, types, import rules, schemas, generated docs, forbidden words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=libs:. $(BIN)/lint-imports
	$(PYTEST) -q tests/architecture $(wildcard tests/unit/test_schemas.py)

format: $(MADE)/requirements ## sort imports and format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(MADE)/installed ## write the generated parts of README.md and docs/
	$(BIN)/python tools/generated_docs.py --write

pages: $(MADE)/installed web/node_modules/.package-lock.json ## build the pages of web/ into services/ingest/pages (needs Node 20 and npm)
	$(BIN)/python -P tools/openapi_documents.py --write
	npm --prefix web run --silent types
	npm --prefix web run --silent check
	npm --prefix web run --silent test
	npm --prefix web run --silent build

up: $(MADE)/installed ## start Kafka, the object store and the services; MODEL="swipe-en swipe-ru" for two predictors
	$(BIN)/fedswipe up $(MODEL:%=--model %)

down: ## stop them and delete their data
	@if [ -x $(BIN)/fedswipe ]; then $(BIN)/fedswipe down; else echo "Nothing is up."; fi

status: $(MADE)/installed ## say what is up
	$(BIN)/fedswipe status

bench: $(MADE)/installed ## run the benchmarks in bench/
	@for file in $(sort $(wildcard bench/*.py)); do echo "$$file"; $(BIN)/python "$$file"; done

chaos: $(MADE)/installed ## prove 100,000 swipes under faults (20 minutes); SWIPES=N SEED=N JSON=FILE
	$(BIN)/python bench/chaos $(if $(SWIPES),--swipes $(SWIPES)) $(if $(SEED),--seed $(SEED)) \
		$(if $(JSON),--json "$(JSON)")

lock: ## write requirements/ from pyproject.toml (needs uv; UPGRADE=1 takes the newest that fit)
	$(PYTHON) tools/lock.py $(if $(UPGRADE),--upgrade)

clean: down ## stop the stack and remove everything that make made
	rm -rf $(VENV) web/node_modules dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	npm --prefix web ci --silent
	@touch $@

$(MADE)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "FedSwipe needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
ifeq ($(UV),uv)
	uv venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif
	@mkdir -p $(MADE) && touch $@

$(MADE)/requirements: $(SETS) | $(MADE)/python
	@echo "Installing $(SETS) into $(VENV) (the first time about 5 GB, some minutes)"
ifeq ($(UV),uv)
	uv pip install --python $(BIN)/python --require-hashes $(SETS:%=-r %)
else
	$(BIN)/python -m pip install --quiet --require-hashes $(SETS:%=-r %)
endif
	@touch $@

$(MADE)/wheel: $(SOURCES) | $(MADE)/requirements
	@rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist . >$(MADE)/build.log 2>&1 || { cat $(MADE)/build.log; exit 1; }
	@touch $@

$(MADE)/installed: $(MADE)/requirements $(MADE)/wheel
ifeq ($(UV),uv)
	uv pip install --quiet --python $(BIN)/python --no-deps --reinstall dist/*.whl
else
	$(BIN)/python -m pip install --quiet --no-deps --force-reinstall dist/*.whl
endif
	@$(BIN)/python -P -m fedswipe.warm_up  # or the first start of a service would compile for some seconds
	@touch $@
