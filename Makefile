# `make run` and `make test` need Python 3.11 or newer (with venv and pip) and nothing else.
# Every variable below can be set from outside: make run PORT=8001, VAR_DIR=elsewhere make run.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
VAR_DIR ?= $(CURDIR)/var
SITE_URL ?= http://127.0.0.1:$(PORT)
ARGS ?=

venv := .venv/bin/python
LOCAL := DJANGO_SETTINGS_MODULE=website.settings VAR_DIR="$(VAR_DIR)" SITE_URL="$(SITE_URL)"
# The settings as production would have them, so that the deployment check has something to check.
PRODUCTION := DJANGO_SETTINGS_MODULE=website.settings SECRET_KEY="$$($(venv) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	SITE_URL=https://innovaatiojulistus.example EMAIL_HOST=mail.example DEFAULT_FROM_EMAIL=site@innovaatiojulistus.example \
	EMAIL_USE_TLS=true TRUSTED_PROXIES=1 SECURITY_CONTACT=mailto:security@innovaatiojulistus.example

.PHONY: help run dev test lint stories bench soak manage fonts pictures messages pins audit lighthouse observatory screenshots upgrade-sample container

help:
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(firstword $(MAKEFILE_LIST))

# --- What is installed: a stamp is newer than its pins, or pip runs again -----------------------------------------
.venv/run.stamp: requirements/run.txt
.venv/dev.stamp: requirements/dev.txt
.venv/%.stamp:
	@"$(PYTHON)" -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; PYTHON= names one.")'
	@$(venv) -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv
	@echo "Installing requirements/$*.txt into .venv ..."
	@$(venv) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/$*.txt
	@touch $@ .venv/run.stamp # the dev pins contain the run pins

# --- Running ------------------------------------------------------------------------------------------------------
# The web server and the worker live and die together: whichever ends first, or whatever signal comes, ends both.
define together
	@export $(LOCAL); $(venv) manage.py prepare --accounts; \
	stop() { trap - EXIT; kill $$(jobs -p) 2>/dev/null || true; wait; exit $$1; }; \
	trap 'stop 0' INT TERM HUP; trap 'stop 1' EXIT; \
	$(1) & \
	$(venv) manage.py worker & \
	wait -n || true; echo "The web server or the worker has stopped, so the other is stopped too." >&2
endef

run: .venv/run.stamp ## the site on 127.0.0.1:8000 (PORT=) with the worker, as in production
	$(call together,$(venv) -m gunicorn website.wsgi --config deploy/gunicorn.conf.py --bind 127.0.0.1:$(PORT) --log-level warning)

dev: export DEBUG = true
dev: .venv/dev.stamp ## the same for those who change it: reloads by itself, shows errors, finds static files where they lie
	$(call together,$(venv) manage.py runserver 127.0.0.1:$(PORT))

manage: .venv/run.stamp ## any command: make manage ARGS="print_edition public"
	@$(LOCAL) $(venv) manage.py $(ARGS)

# --- Checking -----------------------------------------------------------------------------------------------------
test: .venv/dev.stamp ## the suite; DATABASE_URL=postgres://... for PostgreSQL, ARGS for pytest
	@$(venv) -m pytest -n auto $(ARGS)

lint: .venv/dev.stamp ## style, types, bandit, missing migrations, catalogues, spelling, the deployment check
	@$(venv) -m ruff check .
	@$(venv) -m ruff format --check .
	@$(venv) -m mypy
	@# Skipped: what ruff's S108, S301, S308 and S608 find as well, each silenced there with its reason.
	@$(venv) -m bandit -q -ll --skip B108,B301,B308,B608,B703 -r website declaration network opsi contacts deploy
	@$(PRODUCTION) $(venv) manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(venv) manage.py check --deploy --fail-level WARNING
	@$(venv) -m pytest -q tests/test_catalogues.py
	@$(venv) -m tests.spelling

stories: .venv/dev.stamp ## six stories of editors in Chromium, with the mouse and with the keyboard, and their clicks counted
	@$(venv) -m pytest -q -s --no-header tests/test_editor_stories.py

bench: .venv/dev.stamp ## what a page and an edition cost, as ratios to a plain WSGI function and to Django
	@$(venv) -W ignore::UserWarning -m tests.bench

soak: .venv/dev.stamp ## the forms while all else breaks (ARGS=rounds), their timing, and 100,000 rows; needs PostgreSQL 15
	@$(venv) -m tests.soak $(ARGS)
	@MANY=100000 $(venv) -m pytest -q tests/test_network.py -k "hundred_thousand or export_of_many"

container: .venv/run.stamp ## builds deploy/Containerfile and runs its commands (Debian, root, buildah, debootstrap)
	@tests/container.sh

audit: ## known faults in the pinned packages, by pip-audit in a venv of its own
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; "$(PYTHON)" -m venv "$$scratch"; \
	"$$scratch/bin/python" -m pip install -qq --disable-pip-version-check 'pip-audit>=2.9,<3'; \
	"$$scratch/bin/pip-audit" --disable-pip --require-hashes -r requirements/run.txt -r requirements/dev.txt

lighthouse: .venv/dev.stamp ## Lighthouse 12 on the main pages behind nginx with TLS, on loopback (node, npm, openssl)
	@$(venv) -m tests.lighthouse

observatory: .venv/dev.stamp ## MDN's HTTP Observatory on the site behind nginx with TLS, on loopback (node, npm, openssl)
	@$(venv) -m tests.observatory

screenshots: .venv/dev.stamp ## every page in every look, to var/screenshots/ (needs Chromium); nothing is compared, people look
	@$(venv) -m tests.screenshots "$(VAR_DIR)/screenshots"

# A venv of its own with the packages that draw and cut, and those of the site.
ASSETS := scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; "$(PYTHON)" -m venv "$$scratch"; \
	"$$scratch/bin/python" -m pip install -qq --require-hashes -r requirements/run.txt -r requirements/assets.txt

# --- Making what is committed ---------------------------------------------------------------------------------------
fonts: ## static/fonts anew, from two packages of Fontsource that ARGS names: see tools/fonts.py
	@$(ASSETS); "$$scratch/bin/python" tools/fonts.py $(ARGS)

pictures: ## the pictures of static/img anew, as Chromium draws them
	@$(ASSETS); $(LOCAL) "$$scratch/bin/python" -m tools.pictures

messages: .venv/dev.stamp ## gathers texts into locale/ and compiles them (needs gettext)
	@$(PRODUCTION) $(venv) manage.py makemessages --locale=fi --locale=sv --no-location --ignore=.venv --ignore=var --ignore=tests
	@$(PRODUCTION) $(venv) manage.py compilemessages --locale=fi --locale=sv --locale=en --ignore=.venv --ignore=var

upgrade-sample: .venv/dev.stamp ## writes tests/upgrades/VERSION.sql, which later releases must be able to upgrade
	@$(venv) -m tests.upgrade_sample "tests/upgrades/$$($(venv) -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])').sql"

pins: ## compiles requirements/ anew with uv; ARGS=--upgrade moves to newer versions
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; "$(PYTHON)" -m venv "$$scratch"; \
	"$$scratch/bin/python" -m pip install -qq --disable-pip-version-check 'uv>=0.13,<0.14'; \
	compile() { "$$scratch/bin/uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command "make pins" $(ARGS) "$$@"; }; \
	compile pyproject.toml -o requirements/run.txt; \
	compile pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt; \
	compile --group assets -c requirements/run.txt -o requirements/assets.txt
