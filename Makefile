# The commands of the KI-Hub. `make demo` and `make test` are all a newcomer needs.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
VENV := .venv
PYTHON := $(VENV)/bin/python
STAMPS := var/stamps
DEMO := DJANGO_SETTINGS_MODULE=hub.settings.demo $(PYTHON) manage.py
UV := $(shell command -v uv 2>/dev/null || echo .venv-uv/bin/uv)
CATALOGUES := $(wildcard hub/locale/*/LC_MESSAGES/*.po)
export UV_PROJECT_ENVIRONMENT := $(VENV)

.PHONY: help demo demo-reset test test-browser bench lint types messages install clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: $(STAMPS)/runtime $(STAMPS)/npm $(STAMPS)/messages ## Start the demo hub (PORT=8000)
	@.ci/demo $(PORT)

demo-reset: ## Begin the demo hub anew
	@rm -rf var/hub.sqlite3* var/media var/private var/demo-accounts.json
	@$(MAKE) --no-print-directory demo

test: install ## Run the suite on SQLite and on PostgreSQL
	@.ci/test

test-browser: install ## Walk the journeys in Chromium
	@$(PYTHON) -m pytest -m browser tests/browser

bench: install ## Measure what the hub costs (PEOPLE=5000)
	@$(PYTHON) -m tests.benchmarks

lint: install ## Check the form of code and templates
	@.ci/lint

types: install ## Check the types
	@$(PYTHON) -m mypy

messages: install ## Collect the texts to translate
	@.ci/messages

install: $(STAMPS)/dev $(STAMPS)/npm-dev $(STAMPS)/messages

clean: ## Remove what was installed and made; the demo's data too
	rm -rf $(VENV) .venv-uv .venv-wagtail8 node_modules var

.venv-uv/bin/uv:
	@echo "→ uv"
	@python3 -m venv .venv-uv && .venv-uv/bin/pip install --quiet --disable-pip-version-check uv

$(STAMPS)/runtime: pyproject.toml uv.lock | $(UV)
	@echo "→ Python packages"
	@$(UV) sync --quiet --locked --no-dev --inexact
	@.ci/check-pango $(PYTHON)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: pyproject.toml uv.lock | $(UV)
	@echo "→ Python packages for developing"
	@$(UV) sync --quiet --locked --all-extras
	@.ci/check-pango $(PYTHON)
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/runtime

$(STAMPS)/npm: package.json package-lock.json | $(STAMPS)/runtime
	@echo "→ style sheets and fonts"
	@UV=$(UV) .ci/npm ci --omit=dev
	@touch $@

$(STAMPS)/npm-dev: package.json package-lock.json | $(STAMPS)/dev
	@echo "→ style sheets, fonts and browser checks"
	@UV=$(UV) .ci/npm ci
	@touch $@ $(STAMPS)/npm

$(STAMPS)/messages: $(CATALOGUES) | $(STAMPS)/runtime
	@echo "→ languages"
	@$(PYTHON) -m babel.messages.frontend -q compile -d hub/locale -D django
	@touch $@
