# Every task of the house. `make` lists them; each is quick when nothing changed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
INSTALL_INPUTS := pyproject.toml requirements/uv.txt tools/install.sh native/kernel.c native/build.sh

# The scaled-out services that `make check` uses; set your own to use others.
POSTGRES_URL ?= postgres://animica:animica@127.0.0.1:5432/animica
SCALED_REDIS_URL ?= redis://127.0.0.1:6379/15
export POSTGRES_URL SCALED_REDIS_URL
SCALED_OUT = DATABASE_URL=$(POSTGRES_URL) REDIS_URL=$(SCALED_REDIS_URL)

# Further arguments for devnet, test and bench: make test ARGS="tests/core -x"
ARGS ?=

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: .venv/.base ## Make .venv with the locked dependencies and the command .venv/bin/animica

.venv/.base: requirements/base.txt $(INSTALL_INPUTS)
	@tools/install.sh base

.venv/.dev: requirements/base.txt requirements/dev.txt $(INSTALL_INPUTS)
	@tools/install.sh dev

.PHONY: devnet
devnet: .venv/.base ## Start a chain of your own, with a miner, an explorer and funded test accounts
# On a terminal the node gets the foreground to itself (set -m), so that Ctrl-C stops the node
# and not make, and make ends with the node's own exit status.
	@if [ -t 0 ]; then set -m; fi; $(BIN)/animica devnet $(ARGS) || exit $$?

.PHONY: test
test: .venv/.dev ## Run the test suite; needs nothing but Python
	@$(BIN)/pytest $(ARGS)

.PHONY: lint
lint: .venv/.dev ## Style, types, floors, migrations, templates
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m tools.check_templates

.PHONY: format
format: .venv/.dev ## Format the code and sort its imports
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: check
check: ## All of it: lint, tests, documents, tests in a browser, tests on PostgreSQL and Redis
	@$(MAKE) lint
	@$(MAKE) test
	@$(MAKE) test-documents
	@$(MAKE) test-pythons
	@$(MAKE) test-browser
	@$(MAKE) test-crash
	@$(MAKE) test-faults
	@$(MAKE) test-fuzz
	@$(MAKE) test-many
	@$(MAKE) test-simulator
	@$(MAKE) test-hostile
	@$(MAKE) test-scaled

.PHONY: test-documents
test-documents: .venv/.dev ## Quickstart and tour of contracts, two nodes: typed into a shell against a devnet
	@$(BIN)/python -m tools.run_document docs/contracts/quickstart.md docs/contracts/tour.md docs/guides/two-nodes.md

.PHONY: test-crash
test-crash: .venv/.dev services ## One kill at every fail point on each database (make campaign-crash is the long one)
	@$(BIN)/python -m tests.campaigns.crash --each 1 --moments 4
	@$(BIN)/python -m tests.campaigns.crash --each 1 --moments 4 --database-url $(POSTGRES_URL)_crash

.PHONY: test-faults
test-faults: .venv/.dev ## Fourteen planted faults, each noticed by the tests it names (make campaign-faults: by the whole suite)
	@$(BIN)/python -m tests.campaigns.faults --named $(ARGS)

.PHONY: test-fuzz
test-fuzz: .venv/.dev ## The decoders and the importer under the fuzzer, 20 s each (make campaign-fuzz: 20 minutes each)
	@$(BIN)/python -m tests.fuzz --replay
	@$(BIN)/python -m tests.fuzz --seconds 20 $(ARGS)

.PHONY: test-many
test-many: .venv/.dev ## Four real nodes with late and lost packets, split and healed (make campaign-partition: six, for longer)
	@$(BIN)/python -m tests.p2p.many --nodes 4 --blocks 5 --settle 5 --interval 1000 --where-possible $(ARGS)

.PHONY: test-simulator
test-simulator: .venv/.dev ## Fifty simulated networks through storms, and three planted faults (make campaign-simulator: 2,000)
	@$(BIN)/python -m tests.campaigns.simulator --to 50 --committed --no-results $(ARGS)
	@$(BIN)/python -m tests.campaigns.simulator --planted

.PHONY: test-hostile
test-hostile: .venv/.dev ## A mining node attacked over TCP, 4 s an attack (make campaign-hostile: 30 s each)
	@$(BIN)/python -m tests.campaigns.hostile --seconds 4 --guests 4 $(ARGS)

.PHONY: test-pythons
test-pythons: .venv/.base ## Contracts on every Python from 3.11 on this machine: same gas, events and roots
	@$(BIN)/python -m tools.pythons

.PHONY: test-browser
test-browser: .venv/.dev ## Tests of the pages in headless Chromium
	@tools/services.sh chromium
	@$(BIN)/pytest -m browser $(ARGS)

.PHONY: test-scaled
test-scaled: .venv/.dev services ## The test suite on PostgreSQL and Redis
	@$(SCALED_OUT) $(BIN)/pytest -m "not browser and not campaign" $(ARGS)

.PHONY: services
services: ## Install and start PostgreSQL and Redis where they do not answer (apt)
	@tools/services.sh postgres redis

.PHONY: campaign-%
campaign-%: .venv/.dev ## A long campaign: churn, contracts, crash, exact, faults, flood, fuzz, hostile, lockstep, partition, simulator
	@$(BIN)/python -m tests.campaigns.$* $(ARGS)

.PHONY: campaign-fuzz
campaign-fuzz: .venv/.dev
	@$(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: bench-data
bench-data: .venv/.base ## Build the large fixtures of the benchmarks, once
	@$(BIN)/python -m bench.fixtures $(ARGS)

.PHONY: bench
bench: .venv/.base services ## Run all benchmarks, or those named in ARGS
	@$(BIN)/python -m bench.fixtures
	@$(BIN)/animica bench $(ARGS)

.PHONY: lock
lock: .venv/.base ## Resolve the dependencies again into the hashed lock files
	@tools/lock.sh

.PHONY: clean
clean: ## Remove the virtual environment, caches and build products (chain data in var/ stays)
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
	  .hypothesis .coverage* htmlcov staticfiles native/_kernel.*
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
