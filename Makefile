# `make help` lists what there is. Needs make and Python 3.11 or newer; writes only below this folder.
# VENV=path chooses another virtual environment, PYTHON=path the Python that creates it.
# FUZZ_ARGS='--count 1000 --only states' fuzzes less. SOAK_ARGS='--minutes 5 --size S' soaks less.

VENV ?= .venv
PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3 python; do \
	"$$each" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo "$$each"; break; }; done)
PYTEST_ARGS ?= -n 2 --dist loadfile
# More processes than cores, because most of these tests wait.
THOROUGH_ARGS ?= -n 3 --dist loadfile

export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK = 1

run := $(VENV)/bin
compile = $(run)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make upgrade'

extras = --extra emulator --extra s3 --extra gs --extra az --extra postgresql --extra encryption \
	--extra migrate --extra chat
# `make sdk SDK=openai==3.60.0` tests against that version.
SDK ?= openai
SDK_VENV ?= .venv-sdk
SDK_TESTS = tests/sdk tests/manifest/test_drift.py tests/targets tests/emulator tests/api

.PHONY: help demo test test-thorough test-all sdk chaos soak fuzz lint docs site bench bench-details upgrade clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-13s %s\n", $$1, $$2 }'

demo: $(VENV)/.emulator ## Apply the example in manifests/ on the emulator: no key, no account
	$(run)/provision --emulator apply --yes
	$(run)/provision --emulator output
	$(run)/provision --emulator plan --detailed-exitcode # fails where anything is left to do

test: $(VENV)/.dev ## Run the tests, without those that take long
	$(run)/python -m pytest $(PYTEST_ARGS) -m 'not thorough'

test-thorough: $(VENV)/.dev ## Run the tests that take long
	$(run)/python -m pytest $(THOROUGH_ARGS) -m thorough

test-all: ## Run the tests on each of Python 3.11, 3.12 and 3.13 that is installed
	@for version in 3.11 3.12 3.13; do \
		found=; \
		for each in "python$$version" "$$(uv python find --no-python-downloads "$$version" 2>/dev/null)" \
			"$$(pyenv root 2>/dev/null)"/versions/"$$version".*/bin/python; do \
			"$$each" -c 'import ensurepip, venv' >/dev/null 2>&1 && { found="$$each"; break; }; \
		done; \
		echo "Python $$version: $${found:-not installed}"; \
		test -z "$$found" || $(MAKE) --no-print-directory test VENV=".venv-$$version" PYTHON="$$found" || exit 1; \
	done

# In an environment of its own, because the lock names the SDK of $(VENV). The table comes first, so that it is there
# where the tests fail.
sdk: ## Test against the newest SDK, and list what it knows and provision does not
	@$(MAKE) --no-print-directory VENV="$(SDK_VENV)" "$(SDK_VENV)/.dev"
	@"$(SDK_VENV)/bin/python" -m pip install --quiet --upgrade "$(SDK)"
	@"$(SDK_VENV)/bin/python" -m tests.sdk.table
	"$(SDK_VENV)/bin/python" -m pytest -q $(PYTEST_ARGS) $(SDK_TESTS)

chaos: $(VENV)/.dev ## Kill, spoil and race every apply, and count what converges
	$(run)/python -m pytest tests/chaos tests/backends tests/manifest/test_limits.py --whole -n 3 --dist loadfile

soak: $(VENV)/.dev ## Edit and apply a project for an hour on a server with faults, and see that nothing grows
	$(run)/python -m tests.soak.run $(SOAK_ARGS)

fuzz: $(VENV)/.dev ## Read 200,000 random inputs each as manifest, state, journal, plan file and API answer
	$(run)/python -m tests.fuzz.run $(FUZZ_ARGS)

lint: $(VENV)/.dev ## Check style and types
	$(run)/ruff check .
	$(run)/ruff format --check .
	$(run)/mypy

docs: $(VENV)/.dev ## Write the generated parts of docs/ anew
	$(run)/python -m tests.docs.pages

site: $(VENV)/.dev ## Build the documents as a website in build/site/
	NO_MKDOCS_2_WARNING=1 $(run)/python -m mkdocs build --strict --quiet

bench: $(VENV)/.dev ## Measure every command at several sizes, and write docs/performance.md (BENCH_ARGS="M/even L/even")
	$(run)/python -m benchmarks.scale --write $(BENCH_ARGS)

bench-details: $(VENV)/.dev ## Measure single parts: backends, rendering, the first token, tests
	$(run)/python benchmarks/run.py

upgrade: $(VENV)/.dev ## Renew the lock of development dependencies in requirements/
	$(compile) pyproject.toml --upgrade --extra dev --group docs --output-file requirements/dev.txt
	$(compile) pyproject.toml --upgrade --extra emulator --group build --constraint requirements/dev.txt \
		--output-file requirements/emulator.txt
	$(compile) pyproject.toml --upgrade $(extras) --constraint requirements/dev.txt --output-file requirements/image.txt
	$(compile) --upgrade --group release --constraint requirements/dev.txt --output-file requirements/release.txt

clean: ## Remove the virtual environment, caches and builds; keeps .provision/ and state/
	rm -rf .venv .venv-3.* .venv-sdk .cache build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find provisioner tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(run)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv was found. Install one (on Debian and Ubuntu:" \
		"apt-get install python3-venv), or name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	"$(PYTHON)" -m venv "$(VENV)"

# What is installed is locked, with hashes: the same on every machine, today and in a year. Users install with the
# ranges of pyproject.toml. An installation is repeated only when the lock or pyproject.toml changes. It is editable,
# so that the one environment serves the demo and the tests.
$(VENV)/.emulator: pyproject.toml requirements/emulator.txt | $(run)/python
	$(run)/python -m pip install --quiet --require-hashes --requirement requirements/emulator.txt
	$(run)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: pyproject.toml requirements/dev.txt | $(run)/python
	$(run)/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(run)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.emulator
