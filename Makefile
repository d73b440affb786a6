# `make` lists the tasks. `make rehearse` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.rehearsal: requirements/rehearsal.txt pyproject.toml | $(BIN)/python
	@echo "installing into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/rehearsal.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.rehearsal
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

install: $(VENV)/.rehearsal ## create .venv with everything a rehearsal needs

rehearse: $(VENV)/.rehearsal ## walk through a complete release against servers on this machine
	@$(BIN)/conductor rehearse

test: $(VENV)/.dev ## run the tests
	@$(BIN)/python -m pytest -n 2 $(TESTFLAGS)

lint: $(VENV)/.dev ## check style, types and layering
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

coverage: $(VENV)/.dev ## run the tests and print what they cover
	@$(BIN)/python -m pytest -n 2 --cov --cov-report=term-missing:skip-covered

wheel-test: $(VENV)/.dev ## build the wheel, install it elsewhere, rehearse with it
	@$(BIN)/python -m pytest tests/e2e -m wheel

mutants: $(VENV)/.dev ## put 300 small faults into the code, one at a time, and list those that no test notices
	@$(BIN)/python scripts/mutate.py $(MUTATEFLAGS)

bench: $(VENV)/.dev ## run the benchmarks (each prints a table; peers from npm where they can be installed)
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

requirements: $(VENV)/.dev ## pin the requirements anew (needs uv)
	@uv pip compile pyproject.toml --extra rehearsal --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -q -o requirements/rehearsal.txt
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate -q -o requirements/dev.txt

clean: ## remove what the other tasks made
	@rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis htmlcov .coverage

.PHONY: help install rehearse test lint coverage wheel-test mutants bench requirements clean
