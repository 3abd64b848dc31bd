# make demo       sets everything up and does the main job on the embedded sandbox
# make test       sets everything up and runs every check and test
# make test T=tests/connector_sdk K=private    runs these tests only, by path and by name
# make dev        sets up what checks and tests need, and no more
# make test-full  the long property and crash runs as well
# make bench      the benchmarks
# make fix        formats the code and mends what the linter can

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := packages/connector-sdk packages/stripe-connector packages/connector-agent packages/connector-database
PROJECTS := $(addsuffix /pyproject.toml,$(PACKAGES))
EDITABLE := $(addprefix -e ,$(PACKAGES))
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet
CODE := packages tests bench scripts examples

# The packages are used from their sources: without bytecode, each command of a test compiles them.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo setup dev test test-full check bench fix constraints
.DEFAULT_GOAL := demo

$(VENV)/ready: constraints.txt $(PROJECTS)
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r constraints.txt
	@$(PIP) --no-deps --no-build-isolation $(EDITABLE)
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready constraints-dev.txt
	@echo "Adding what checks and tests need ..."
	@$(PIP) --require-hashes -r constraints-dev.txt
	@touch $@

setup: $(VENV)/ready

dev: $(VENV)/ready-dev

demo: setup
	@$(BIN)/python examples/demo.py

check: $(VENV)/ready-dev
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/build_catalogue.py --check
	$(BIN)/python scripts/build_docs.py --check
	$(BIN)/python scripts/collect_twice.py

ifeq ($(T)$(K),)
test: check
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -n auto
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report
else
test: dev
	$(BIN)/python -m pytest $(T) $(if $(K),-k "$(K)")
endif

test-full: check
	$(BIN)/python scripts/build_catalogue.py --check --all
	$(BIN)/python -m pytest -n auto --full

bench: $(VENV)/ready-dev
	$(BIN)/python -m bench
	$(BIN)/python -m bench.queries

fix: $(VENV)/ready-dev
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

# Exact versions with hashes, without naming any registry. Needs uv.
constraints:
	uv pip compile --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements.in -o constraints.txt
	uv pip compile --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements-dev.in -o constraints-dev.txt
