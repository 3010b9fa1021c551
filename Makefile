# Every target makes the virtual environment when it is missing and reinstalls only when the pins
# change. Python and make are all that has to be there.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PINS := constraints.txt pyproject.toml
# Three processes for two cores, since a third of the time is waited for servers and kills; each file
# of tests in one of them: its fixtures are made once.
PYTEST := $(BIN)/pytest -n 3 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test check soak bench bench-accuracy bench-peers serve studio report docs pins format clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1|\2/' | column -t -s '|'

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Marquee needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { echo "python -m venv failed; on Debian and Ubuntu install python3-venv"; exit 1; }

.venv/.core: $(PINS) | .venv/bin/python
	$(PIP) -e .
	@touch $@

.venv/.dev: $(PINS) | .venv/bin/python
	$(PIP) -e '.[dev]'
	@touch $@ .venv/.core

.venv/.bench: $(PINS) | .venv/bin/python
	$(PIP) -e '.[bench]'
	@touch $@

.venv/.studio: $(PINS) | .venv/bin/python
	$(PIP) -e '.[studio]'
	@touch $@

.venv/.insights: $(PINS) | .venv/bin/python
	$(PIP) -e '.[insights]'
	@touch $@

.venv/.spark: $(PINS) | .venv/bin/python
	$(PIP) -e '.[spark]'
	@touch $@

.venv/.docs: $(PINS) | .venv/bin/python
	$(PIP) -e '.[docs]'
	@touch $@

demo: .venv/.core  ## Build the built-in world, train, recommend with reasons, and serve the app (PORT=8000)
	@$(BIN)/marquee demo $(if $(PORT),--port $(PORT))

# Spark is 490 MB, and of no use without Java: its tests are skipped where there is none.
SPARK := $(if $(shell command -v java 2>/dev/null),.venv/.spark)

test: .venv/.dev $(SPARK)  ## Run the whole test suite, in a browser too where one is or can be had (BROWSER=no)
	@BROWSER='$(BROWSER)' sh tools/browser.sh
	$(PYTEST)

check: .venv/.dev  ## Format, lint, types, import floors and the fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) -q -n 2 -m "not slow and not real"

soak: .venv/.dev $(SPARK)  ## Run what kills and cuts off many times, at other moments each time (ROUNDS=10)
	MARQUEE_SOAK=$(or $(ROUNDS),10) $(PYTEST) -q -m fault

bench: .venv/.core .venv/.bench  ## Measure speed and accuracy against Surprise and pandas, side by side
	$(BIN)/python benchmarks/run_all.py

bench-accuracy: .venv/.core  ## Measure every model beside published accuracy (ONLY=pattern QUICK=1)
	$(BIN)/python benchmarks/accuracy.py $(if $(ONLY),--only '$(ONLY)') $(if $(QUICK),--quick)

bench-peers: .venv/.core  ## Measure the known libraries on the same split files (ONLY=question)
	nice -n 15 $(BIN)/python benchmarks/bench_peers.py $(if $(ONLY),--only $(ONLY))

serve: .venv/.core  ## Serve the workspace's recommendations on http://127.0.0.1:8000
	$(BIN)/marquee serve

studio: .venv/.core .venv/.studio  ## Open the analysts' view of the workspace
	$(BIN)/marquee studio

report: .venv/.core .venv/.insights  ## Write what the data say to report.html (DATA=world, or a set of MARQUEE_DATA)
	$(BIN)/marquee insights report --data $(or $(DATA),world) --out report.html

docs: .venv/.docs  ## Build the documentation into site/
	$(BIN)/mkdocs build --strict

pins: .venv/.dev  ## Refresh constraints.txt with the newest versions that fit together
	$(BIN)/python tools/pins.py

format: .venv/.dev  ## Format the code and apply safe lint fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## Remove the virtual environment and caches, never the workspace
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache site dist
