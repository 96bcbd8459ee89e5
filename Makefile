# `make` lists the targets. Everything is installed into .venv and kept in .run (PST_RUN_DIR);
# settings are PST_* variables, e.g. `PST_PORT=8081 PST_RUN_DIR=.run2 make run`.

# The distribution's Python first, if it can be had and no other was chosen: it is built with
# profiles; plain Python takes a fifth less time on it than on one compiled without (by pyenv).
able = $(1) -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo $(1)
chosen = $(VIRTUAL_ENV)$(CONDA_PREFIX)$(PYENV_VERSION)
PYTHON ?= $(or $(if $(chosen),,$(shell $(call able,/usr/bin/python3))),python3)
VENV := .venv
BIN := $(VENV)/bin

# One environment for all lists (bench.txt holds all of test.txt, that all of run.txt); a stamp says
# which of them, in which version, it was last filled from, so that nothing is installed twice.
stamp = $(VENV)/.$(1)-$(shell cat requirements/$(1).txt pyproject.toml | cksum | tr ' ' '-')
RUN_STAMP := $(call stamp,run)
TEST_STAMP := $(call stamp,test)
BENCH_STAMP := $(call stamp,bench)

.DEFAULT_GOAL := help
.PHONY: help run stop demo test soak unit contract lint bench lock clean broker

help:
	@echo "make run    start everything; Ctrl-C ends it, the data stays in .run"
	@echo "make demo   play two consultations and a morning at the counters (or STORY=morning)"
	@echo "make stop   end what runs, from another terminal"
	@echo "make test   lint, types, import rules and all tests"
	@echo "make soak   two hours of writing, killing and restarting (PST_SOAK_HOURS)"
	@echo "make unit   the fast tests only"
	@echo "make contract PST_MONGO_URL=mongodb://…   the event log's promises, kept by your server?"
	@echo "make lint   lint, types and import rules only"
	@echo "make bench  measure it beside its peers (15 minutes); BENCH=quick or BENCH=full"
	@echo "make lock   pin the dependencies of pyproject.toml anew"
	@echo "make clean  delete .run with all data and keys (not the ledger of erasures), and .venv"

run: $(RUN_STAMP)
	@$(BIN)/python -m deploy.run

demo: $(RUN_STAMP)
	@$(BIN)/python -m deploy.demo $(if $(STORY),--story $(STORY))

stop:
	@$(PYTHON) -m deploy.stop

# Two files at a time, on two cores; what takes longest first.
PAIRED = $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: lint broker
	@$(PAIRED) -m "not soak and not disturbs and not alone"
	@$(PAIRED) -m "disturbs and not soak" tests/chaos/test_writers.py tests
	@$(BIN)/python -m pytest -m "alone and not soak"

soak: $(TEST_STAMP) broker
	@$(BIN)/python -m pytest -m soak -s

unit: $(TEST_STAMP)
	@$(BIN)/python -m pytest -p no:schemathesis tests/unit

# In databases of its own, dropped afterwards; without a URL on the embedded server.
contract: $(TEST_STAMP) $(if $(PST_MONGO_URL),,broker)
	@PST_CONTRACT_MONGO_URL="$(PST_MONGO_URL)" $(BIN)/python -m pytest -p no:schemathesis \
		tests/unit/test_memory_log.py $(addprefix tests/contract/test_,event_log.py \
		log_model.py unknown_outcome.py handling.py snapshots.py views.py)

lint: $(TEST_STAMP)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

broker: $(TEST_STAMP)
	@$(BIN)/python -m deploy.broker

bench: $(BENCH_STAMP)
	@$(BIN)/python -m bench $(if $(BENCH),--$(BENCH))

COMPILE = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-header --quiet

lock: $(TEST_STAMP)
	@$(COMPILE) -o requirements/run.txt
	@$(COMPILE) --extra test -o requirements/test.txt
	@$(COMPILE) --extra test --extra bench -c requirements/test.txt -o requirements/bench.txt

clean:
	@$(PYTHON) -m deploy.clean
	@rm -rf $(VENV) bench/emmett/node_modules *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ---

PIP = $(BIN)/python -m pip -qq --disable-pip-version-check install

define fill
	@echo "filling $(VENV) from requirements/$(1).txt (only when it has changed) ..."
	@rm -f $(VENV)/.run-* $(VENV)/.test-* $(VENV)/.bench-*
	@$(PIP) --require-hashes -r requirements/$(1).txt
	@$(PIP) --no-deps --no-build-isolation -e .
endef

$(TEST_STAMP): | $(BIN)/pip
	$(call fill,test)
	@touch $(RUN_STAMP) $@

$(BENCH_STAMP): | $(BIN)/pip
	$(call fill,bench)
	@touch $(RUN_STAMP) $(TEST_STAMP) $@

$(RUN_STAMP): | $(BIN)/pip
	$(call fill,run)
	@touch $@

# A fresh Debian or Ubuntu has no python3-venv, a bare one no python3 at all.
$(BIN)/pip:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	    if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	        echo "Python's venv is missing: sudo apt-get install python3-venv" >&2; exit 1; fi; \
	    echo "installing python3-venv with apt-get ..."; export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get -qq update && apt-get -qqy install python3-venv; } >/dev/null 2>&1 || { \
	        echo "apt-get install python3-venv fails: run it to see why" >&2; exit 1; }; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Python 3.11 or newer is needed, e.g. PYTHON=python3.12 make run" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
