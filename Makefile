# make demo · make test · make test-slow · make docs · make bench · make screenshots · make clean-demo. Everything is installed into .venv here.

PYTHON ?= python3
PORT ?= 5000
VENV := .venv
BIN := $(VENV)/bin
FLASK_DEMO := $(BIN)/flask --app examples/shop/shop

.PHONY: demo clean-demo docs screenshots test lint types unit browser bench bench-small test-slow install-test install-browser translations

demo: $(VENV)/.demo
	@$(PYTHON) -c "import socket; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', $(PORT)))" 2>/dev/null \
		|| { echo "Port $(PORT) is taken; run: make demo PORT=5001"; exit 1; }
	@$(FLASK_DEMO) seed
	@echo "Starting the shop …"
	@$(BIN)/python examples/shop/serve.py $(PORT)

clean-demo:
	@test ! -x $(BIN)/flask || $(FLASK_DEMO) storefront redis-stop || true
	rm -rf examples/shop/instance

docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "The manual is at site/index.html; to search in it: python3 -m http.server -d site 8001"

# All pictures of the manual, from the demo shop; needs Chromium and a Japanese font as the browser tests do.
screenshots: $(VENV)/.test $(VENV)/.docs install-browser
	$(BIN)/python tests/browser/screenshots.py

test: install-test lint types unit

lint: install-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: install-test
	$(BIN)/mypy

# Commands of tests start faster from compiled modules, which some machines are set not to keep.
unit test-slow: export PYTHONDONTWRITEBYTECODE :=

# A file stays in one process, so that what it makes for all of its tests is made once.
unit: install-test install-browser
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow"

# What takes long and rarely breaks alone: ten thousand rows, further machines of faults, benchmarks, repeated seedings.
test-slow: install-test install-browser
	$(BIN)/pytest -n 2 --dist load -m slow

bench: $(VENV)/.bench
	$(BIN)/python tests/benchmarks

bench-small: $(VENV)/.test
	$(BIN)/python tests/benchmarks --small

# Catalogues keep their headers, and lose texts that are gone from the code. A compiled one that would differ by its date
# only stays as it is.
translations: $(VENV)/.test
	$(BIN)/pybabel -q extract -F storefront_plugin/translations/babel.cfg -k N_ -k ngettext:1,2 -k ngettext_noop:1,2 --sort-output --no-location \
		--omit-header -o $(VENV)/storefront.pot storefront_plugin widgets
	@set -e; for po in storefront_plugin/translations/*/LC_MESSAGES/storefront.po; do \
		language=$$(basename $${po%/LC_MESSAGES/*}); mo=$${po%.po}.mo; new=$(VENV)/storefront.$$language; \
		sed '/^$$/q' $$po > $$new.po; \
		$(BIN)/pybabel -q update -l $$language -i $(VENV)/storefront.pot -o $$po \
			--no-fuzzy-matching --ignore-obsolete --width 120 --omit-header; \
		cat $$po >> $$new.po; cp $$new.po $$po; \
		$(BIN)/pybabel compile --statistics -l $$language -i $$po -o $$new.mo; \
		for file in $$mo $$new.mo; do LC_ALL=C sed /^POT-Creation-Date:/d $$file > $(VENV)/$$(basename $$file).plain; done; \
		cmp -s $(VENV)/storefront.mo.plain $$new.mo.plain || cp $$new.mo $$mo; \
	done

install-test: $(VENV)/.test

# Node is only needed for the accessibility rules that the browser tests load.
install-browser:
	@tests/browser/install.sh

$(BIN)/python:
	@$(PYTHON) -c "import venv, ensurepip" 2>/dev/null \
		|| { echo "Python's venv module is missing; on Debian or Ubuntu run: apt-get install python3-venv"; exit 1; }
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1" \
		|| { rm -rf $(VENV); echo "Packages could not be fetched; check the network and run the same command again."; exit 1; }

$(VENV)/.demo: $(BIN)/python pyproject.toml
	@echo "Installing the plugin and the demo's packages into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --editable ".[embedded]" --group demo \
		|| { echo "Packages could not be fetched; check the network and run the same command again."; exit 1; }
	@touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[embedded]" --group demo --group test \
		|| { echo "Packages could not be fetched; check the network and run the same command again."; exit 1; }
	@touch $@

$(VENV)/.docs: $(BIN)/python pyproject.toml
	@echo "Installing MkDocs into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --editable . --group docs \
		|| { echo "Packages could not be fetched; check the network and run the same command again."; exit 1; }
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group bench \
		|| { echo "Packages could not be fetched; check the network and run the same command again."; exit 1; }
	@touch $@
