# The commands of a developer. `make` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
SERVER_VENV := server/.venv
# quilt3, which the server's package tools are held against.
ORACLE := server/.cache/oracle
# The oldest ansible-core that the collection supports.
CORE := .cache/ansible-core-oldest
# The environment's CA bundles and byte code switch are settings of the machine; the project's own are given by name.
unexport AWS_CA_BUNDLE REQUESTS_CA_BUNDLE PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(BIN):$(PATH)
# ansible-core does not read the file in a folder that everybody may write to.
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
# tools/find-python reads it.
export PYTHON

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.demo runtime ## Deploy everything on this machine and show how to use it
	@python -m sandbox up
	@ansible-playbook playbooks/site.yml
	@python -m sandbox summary

demo-down: ## Stop the sandbox and leave nothing behind
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m sandbox down; else echo "Nothing to stop: there is no $(VENV)."; fi

venv: $(VENV)/.demo ## Make the environment for working with a real account

test: $(VENV)/.dev $(SERVER_VENV)/.dev $(ORACLE)/.done $(CORE)/.done ## Run everything that CI runs
	@python tests/run.py

lint: $(VENV)/.dev $(SERVER_VENV)/.dev ## Run the linters and type checks alone
	@python tests/run.py lint

unit: $(VENV)/.dev ## Run the tests that need no sandbox
	@python tests/run.py unit

integration: $(VENV)/.dev $(SERVER_VENV)/.dev $(ORACLE)/.done $(CORE)/.done ## Run the tests of modules, playbooks, sandbox and server
	@python tests/run.py integration

bench: $(VENV)/.dev ## Measure a deployment, compared with an empty play, 8c6dfb0 and Terraform (OPTIONS="--rounds 1")
	@python -m bench $(OPTIONS)

bench-server: $(VENV)/.dev ## Measure the server's container, compared with quilt-mcp, at 0.25 CPU and 512 MiB
	@python -m bench.server

# What is installed together is resolved together: the first lock of each group is resolved, the others within it. What is
# only compared with stands alone.
LOCK := uv pip compile --quiet --universal --python-version 3.12 --generate-hashes

lock: ## Renew every lock from its .in file (needs uv; UPGRADE=--upgrade for newer versions)
	$(LOCK) $(UPGRADE) requirements-dev.in -o requirements-dev.txt
	for product in requirements sandbox/requirements-dev sandbox/requirements; do \
	  $(LOCK) -c requirements-dev.txt $$product.in -o $$product.txt; done
	$(LOCK) $(UPGRADE) server/requirements-dev.in -o server/requirements-dev.txt
	for product in server/requirements server/proxy/requirements-dev server/proxy/requirements; do \
	  $(LOCK) -c server/requirements-dev.txt $$product.in -o $$product.txt; done
	for alone in tests/ansible-core/oldest server/tests/oracle/requirements server/tests/fastmcp/requirements \
	    server/tests/consumers/requirements server/requirements-sbom; do \
	  $(LOCK) $(UPGRADE) $$alone.in -o $$alone.txt; done
	$(LOCK:3.12=3.13) $(UPGRADE) bench/quilt_mcp/requirements.in -o bench/quilt_mcp/requirements.txt

$(VENV)/bin/python:
	@python=$$(tools/find-python) && echo "Making $(VENV) with $$python" && "$$python" -m venv $(VENV)

$(VENV)/.demo: requirements.txt | $(VENV)/bin/python
	@echo "Installing the pinned requirements (about a minute)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing the pinned development requirements (about a minute)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.demo

# Without a Docker engine the sandbox runs the server as a process, so its own requirements are needed here.
.PHONY: runtime
runtime:
	@if [ "$${SANDBOX_ENGINE:-}" = process ] || ! docker info >/dev/null 2>&1; then $(MAKE) $(SERVER_VENV)/.run; fi

$(SERVER_VENV)/bin/python:
	@python=$$(tools/find-python) && "$$python" -m venv $(SERVER_VENV)

$(SERVER_VENV)/.run: server/requirements.txt | $(SERVER_VENV)/bin/python
	@echo "Installing the server's pinned requirements"
	@$(SERVER_VENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r server/requirements.txt
	@touch $@

$(SERVER_VENV)/.dev: server/requirements-dev.txt | $(SERVER_VENV)/bin/python
	@echo "Installing the server's pinned development requirements"
	@$(SERVER_VENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r server/requirements-dev.txt
	@touch $@ $(SERVER_VENV)/.run

$(ORACLE)/.done: server/tests/oracle/requirements.txt
	@echo "Installing quilt3 for the server's tests"
	@python=$$(tools/find-python) && "$$python" -m venv $(ORACLE)
	@$(ORACLE)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r server/tests/oracle/requirements.txt
	@touch $@

$(CORE)/.done: tests/ansible-core/oldest.txt
	@echo "Installing the oldest supported ansible-core for the tests of direct execution"
	@python=$$(tools/find-python) && "$$python" -m venv --clear $(CORE)
	@$(CORE)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r tests/ansible-core/oldest.txt
	@touch $@

.PHONY: help demo demo-down venv test lint unit integration bench bench-server lock
