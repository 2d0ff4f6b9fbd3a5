# The commands of the KI-Hub. `make demo` and `make test` are all a newcomer needs.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 8000
VENV := .venv
PYTHON := $(VENV)/bin/python

# The machine's Python, 3.11 or newer; uv never downloads another one.
PYTHON3 := $(shell for name in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .venv-uv/bin/uv)
export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV

# A stamp says that a step was done after its prerequisites changed last; it lies in the folder
# the step fills, so that it goes when the folder goes.
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
NPM_RUNTIME := node_modules/.runtime
NPM_DEVELOPMENT := node_modules/.development
MIGRATED := var/demo/migrated
STATIC := var/static/.collected
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard hub/locale/*/LC_MESSAGES/django.po))
MIGRATIONS := $(wildcard */migrations/*.py hub/*/migrations/*.py)
STATIC_FILES := $(shell find hub courses certificates home -path '*/static/*' -type f)

# Whatever database or folder the developer's environment names: the demo keeps to var/.
DEMO := env -u DATABASE_URL -u MEDIA_ROOT -u PRIVATE_ROOT -u CACHE_ROOT -u SECRET_KEY \
	DJANGO_SETTINGS_MODULE=hub.settings.demo BASE_URL=http://127.0.0.1:$(PORT)

.PHONY: help demo demo-reset test test-browser coverage bench lint types messages install clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: $(MIGRATED) $(STATIC) $(CATALOGUES) ## Start the demo hub (PORT=8000)
	@$(PYTHON) .ci/free_port.py $(PORT)
	@echo "→ demo hub"
	@$(DEMO) $(PYTHON) manage.py load_demo
	@printf '\nThe KI-Hub runs at http://127.0.0.1:%s/ – stop it with Ctrl-C.\n' $(PORT)
	@mkdir -p var/run
	@$(DEMO) $(VENV)/bin/gunicorn hub.wsgi:application --bind 127.0.0.1:$(PORT) \
		--workers "$$(getconf _NPROCESSORS_ONLN)" --preload --worker-tmp-dir var/run --no-control-socket \
		--log-level warning

demo-reset: ## Begin the demo hub anew
	@$(if $(wildcard $(PYTHON)),$(PYTHON) .ci/free_port.py $(PORT))
	@rm -rf var/hub.sqlite3* var/media var/private var/cache var/demo var/demo-accounts.json
	@$(MAKE) --no-print-directory demo

test: install ## Run the suite on SQLite and on PostgreSQL (ARGS= for pytest)
	@$(PYTHON) -m tests.databases $(ARGS)

test-browser: install ## Walk the journeys in Chromium
	@$(PYTHON) -m pytest -m browser tests/browser $(ARGS)

coverage: install ## Run the suite once on SQLite and say which lines it never reaches
	@$(PYTHON) -m coverage run -m pytest -q $(ARGS)
	@$(PYTHON) -m coverage report

bench: install ## Measure what the hub costs (PEOPLE=5000)
	@$(PYTHON) -m tests.benchmarks

lint: $(DEVELOPMENT) ## Check the form of code and templates, and who imports whom
	@.ci/lint

types: install ## Check the types
	@$(PYTHON) -m mypy

messages: install ## Collect the texts to translate
	@.ci/messages $(PYTHON)

install: $(DEVELOPMENT) $(NPM_DEVELOPMENT) $(CATALOGUES) ## Install all that developing needs

clean: ## Remove what was installed and made; the demo's data too
	rm -rf $(VENV) .venv-uv .venv-wagtail8 node_modules var $(CATALOGUES)

.venv-uv/bin/uv:
	@echo "→ uv"
	@$(if $(PYTHON3),,echo "The KI-Hub needs Python 3.11 or newer." >&2; exit 1)
	@$(PYTHON3) -m venv .venv-uv
	@.venv-uv/bin/pip install --quiet --disable-pip-version-check uv

$(PYTHON): | $(filter-out uv,$(UV))
	@$(if $(PYTHON3),,echo "The KI-Hub needs Python 3.11 or newer." >&2; exit 1)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON3) $(VENV)

# --inexact and the order below leave a developer's packages in place.
$(RUNTIME): pyproject.toml uv.lock | $(PYTHON)
	@echo "→ Python packages (the first time takes a moment)"
	@$(UV) sync --quiet --python $(PYTHON) --locked --no-dev --inexact
	@.ci/check-pango $(PYTHON)
	@touch $@

$(DEVELOPMENT): pyproject.toml uv.lock | $(PYTHON)
	@echo "→ Python packages for developing (the first time takes a moment)"
	@$(UV) sync --quiet --python $(PYTHON) --locked --all-extras
	@.ci/check-pango $(PYTHON)
	@touch $(RUNTIME) $@

$(NPM_RUNTIME): package.json package-lock.json | $(RUNTIME)
	@echo "→ style sheets and fonts"
	@UV=$(UV) .ci/npm ci --omit=dev
	@touch $@

$(NPM_DEVELOPMENT): package.json package-lock.json | $(DEVELOPMENT)
	@echo "→ style sheets, fonts and browser checks"
	@UV=$(UV) .ci/npm ci
	@touch $(NPM_RUNTIME) $@

%.mo: %.po | $(RUNTIME)
	@echo "→ $<"
	@$(VENV)/bin/pybabel --quiet compile --input-file $< --output-file $@ --locale $(word 3,$(subst /, ,$<))

var/secret-key: | $(RUNTIME)
	@mkdir -p var
	@umask 077 && $(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64), end="")' > $@

$(MIGRATED): $(MIGRATIONS) $(RUNTIME) $(if $(wildcard var/hub.sqlite3),,no-database) | var/secret-key $(NPM_RUNTIME)
	@echo "→ database"
	@$(DEMO) $(PYTHON) manage.py migrate --verbosity 0
	@mkdir -p $(@D) && touch $@

$(STATIC): $(STATIC_FILES) $(RUNTIME) $(NPM_RUNTIME) hub/settings/base.py | var/secret-key
	@echo "→ static files"
	@$(DEMO) $(PYTHON) manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@

.PHONY: no-database
no-database:
