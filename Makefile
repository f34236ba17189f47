PYTHON ?= python3
BIN := .venv/bin

help: ## Show this menu
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 26

install: .venv/installed ## Set up .venv with pinned versions (CPU torch)

.venv/installed: constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: install ## Build the atlas assistant and question it
	@$(BIN)/limbeck demo

test: install ## Run every test but the slow ones
	@$(BIN)/pytest -m 'not slow'

test-all: install ## Run every test
	@$(BIN)/pytest

lint: install ## Check style, spelling and the direction of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/codespell src tests docs README.md && $(BIN)/lint-imports

types: install ## Check types strictly
	@$(BIN)/mypy

fmt: install ## Format the code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

golden: install ## Rewrite the golden numbers and show what changed
	@LIMBECK_UPDATE_GOLDEN=1 $(BIN)/pytest tests/golden && git diff --stat tests/golden

bench: bench-spine bench-starter bench-knowledge bench-compression ## Measure everything; DATA= as below

bench-spine: install ## Measure the spine's numbers into benchmarks/results/spine.json
	@$(BIN)/python benchmarks/spine.py

bench-starter: install ## Measure the trainer into benchmarks/results/starter.json
	@$(BIN)/python benchmarks/starter.py

bench-knowledge: install ## Measure knowledge into benchmarks/results/knowledge.json; DATA=folder of the public sets
	@$(BIN)/python benchmarks/knowledge.py $(DATA)

bench-compression: install ## Measure compression into benchmarks/results/compression.json; DATA= as above
	@$(BIN)/python benchmarks/compression.py $(DATA)

docs: install ## Generate the reference pages
	@$(BIN)/python docs/generate.py

clean: ## Remove what runs leave behind (not .venv)
	rm -rf build .limbeck examples/*/.limbeck dist

.PHONY: help install demo test test-all lint types fmt golden bench bench-spine bench-starter bench-knowledge bench-compression docs clean
