# The front door.  `make run` and `make test` each set up what they need first; both are safe to
# repeat.  What the targets do lies in packaging/, in files that can be read and tested.

PYTHON ?= python3
VENV   := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-fast test-full test-fresh package package-test wheels \
	bench lint format lock licences clean

help: ## what can be asked for
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## system libraries, .venv, locked packages, model packs
	@$(PYTHON) packaging/setup.py

setup-dev: ## the same, with what tests and linters need
	@$(PYTHON) packaging/setup.py --dev

run: setup ## the main job on real images: a window, or without a screen a printed report
	@$(VENV)/python packaging/run_demo.py

test: setup-dev ## all tests, within the time of a CI run
	@$(VENV)/python packaging/run_tests.py ci

test-fast: setup-dev ## lint and fast tests: minutes, for the time between two edits
	@$(VENV)/python packaging/run_tests.py fast

test-full: setup-dev ## everything, however long it takes
	@$(VENV)/python packaging/run_tests.py full

test-fresh: ## `make run` and `make test` in a new Debian 12 root (needs root and debootstrap)
	@tests/packaging/test_fresh_root.sh

package: ## the Linux artefacts in dist/: .deb, .tar.xz, language pack (a quarter of an hour at first)
	@$(PYTHON) packaging/package.py all

package-test: ## installs dist/*.deb in a new Debian 12 root without Python and uses it (needs root)
	@tests/packaging/test_package_root.sh

wheels: ## every locked package has a wheel for Windows, macOS and Linux (asks the index)
	@$(PYTHON) packaging/wheels.py

bench: setup-dev ## measured numbers: frame rates, edit latency, model speed
	@$(VENV)/python packaging/run_tests.py bench

lint: setup-dev ## ruff, mypy --strict, import contracts
	@$(VENV)/python packaging/run_tests.py lint

format: ## let ruff put the code in shape
	@$(VENV)/ruff check --fix-only --quiet . ; $(VENV)/ruff format --quiet .

lock: ## pyproject.toml -> packaging/lock/*.txt (UPGRADE=1 for the newest versions)
	@$(PYTHON) packaging/lock.py $(if $(UPGRADE),--upgrade)
	@$(PYTHON) packaging/setup.py --dev && $(VENV)/python packaging/licences.py

licences: setup ## the table of licences of all locked packages
	@$(VENV)/python packaging/licences.py

clean: ## remove what setup and tests made (the user's cache and data stay)
	rm -rf .venv .venv-core build dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
