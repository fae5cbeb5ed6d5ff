# Every target makes the virtual environment that it needs by itself.
.DEFAULT_GOAL := help
PYTHON ?= python3
RUN := .venv/bin
.PHONY: help demo test lint audit format docs dashboards bench soak fuzz clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' Makefile | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

demo: .venv/run  ## run the exporter against a simulated home, on http://localhost:9433
	$(RUN)/enphase-exporter demo $(ARGS)

test: .venv/dev  ## run the tests, with branch coverage
	$(RUN)/coverage run -m pytest --numprocesses=auto --dist=loadfile $(ARGS)
	$(RUN)/coverage combine --quiet
	$(RUN)/coverage report

lint: .venv/dev  ## check style, spelling, types and import layers
	$(RUN)/ruff check
	$(RUN)/ruff format --check
	$(RUN)/codespell
	$(RUN)/lint-imports --no-logo
	$(RUN)/mypy

audit: .venv/audit  ## look for known vulnerabilities in what CI tests with
	$(RUN)/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

format: .venv/dev  ## put the code into shape
	$(RUN)/ruff check --fix
	$(RUN)/ruff format

docs: .venv/run  ## write the reference of all metrics
	$(RUN)/python docs/reference.py

dashboards: .venv/dev  ## write the Grafana dashboards
	$(RUN)/python grafana/build.py

bench: .venv/run  ## measure what a scrape costs
	$(RUN)/python bench/bench.py

soak: .venv/run  ## play a month of scrapes with troubles, and look for leaks
	$(RUN)/python bench/soak.py $(ARGS)

fuzz: .venv/fuzz  ## feed bad input to every parser, for a minute: ARGS='--seconds 3600' for longer
	$(RUN)/python -m fuzz $(ARGS)

clean:  ## remove what the other targets made
	rm -rf .venv .coverage* .fuzz .hypothesis .mypy_cache .pytest_cache .ruff_cache

.venv/pip:
	$(PYTHON) -m venv .venv
	$(RUN)/python -m pip install --quiet --upgrade pip
	@touch $@

.venv/run: .venv/pip pyproject.toml constraints.txt
	$(RUN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/dev: .venv/run
	$(RUN)/python -m pip install --quiet --constraint constraints.txt --group test --group lint
	@touch $@

.venv/fuzz: .venv/dev
	$(RUN)/python -m pip install --quiet --constraint constraints.txt --group fuzz
	@touch $@

.venv/audit: .venv/run
	$(RUN)/python -m pip install --quiet --constraint constraints.txt --group audit
	@touch $@
