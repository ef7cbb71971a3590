# Two commands matter: `make demo` and `make test`. Both begin with `make install`.
SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
DISCOVERY := $(VENV)/bin/discovery

.DEFAULT_GOAL := help
.PHONY: help install demo test relevance bench fmt messages docs clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install:  ## .venv with everything, the engine's parts, the starter model
	@.ci/install

demo: install  ## index the demo catalogue and serve it on http://127.0.0.1:8080
	@$(DISCOVERY) demo

test: install  ## the whole gate: format, lint, types, rooms, dependencies, tests, docs
	@.ci/gate

relevance: install  ## judged queries: how well the search finds
	@$(PYTHON) -m benchmarks quality --write

bench: install  ## every measured figure of the README, as ratios in one run
	@$(PYTHON) -m benchmarks all

fmt: install  ## format the code and mend what the linter can
	@$(VENV)/bin/ruff format . && $(VENV)/bin/ruff check --fix .

messages: install  ## gather the pages' texts into the catalogues of languages
	@$(PYTHON) -m discovery.web.messages

docs: install  ## remake the generated pages and config.toml
	@$(PYTHON) -m discovery.reference

clean:  ## remove .venv and caches (the engine and its data stay in DISCOVERY_HOME)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
