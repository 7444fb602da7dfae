# Needs a python3 (3.11 or newer) with venv, and nothing else. PYTHON=python3.12 picks another one.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# How many tests run beside each other; `make test BESIDE=` runs one after the other.
BESIDE ?= -n 2 --dist worksteal

# Tests and benchmarks start hundreds of Pythons: each would compile livemon anew where the environment forbids to keep it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: health demo test test-all torture fuzz coverage mutation endurance kills parallel lint docs bench clean

demo: $(VENV)/core
	$(BIN)/livemon demo

test: $(VENV)/dev
	$(BIN)/python -m pytest $(BESIDE) -m "not slow and not alone"
	$(BIN)/python -m pytest -q -m "alone and not slow" $$(grep -rl --include='test_*.py' 'mark[.]alone' tests)
	LIVEMON_STRICT=1 $(BIN)/python -m pytest -q -m "strict and not slow" tests/integrations

test-all: $(VENV)/dev
	$(BIN)/python -m pytest
	LIVEMON_STRICT=1 $(BIN)/python -m pytest -q -m strict tests/integrations

# 20,000 sequences of everything that can happen to a file, about ten minutes.
torture: $(VENV)/dev
	LIVEMON_SEQUENCES=20000 $(BIN)/python -m pytest --timeout 3600 tests/scenarios/test_state_machine.py

# 1,000,000 damaged files, about fifty minutes.
fuzz: $(VENV)/dev
	LIVEMON_FUZZ=1000000 $(BIN)/python -m pytest --timeout 36000 -s tests/scenarios/test_fuzz.py

# Which branches of the tail and the CSV reader the tests reach.
coverage: $(VENV)/dev
	$(BIN)/coverage run --branch --include='livemon/system/tail.py,livemon/readers/*' \
	    -m pytest tests/system/test_tail.py tests/readers tests/scenarios/test_fuzz.py
	$(BIN)/coverage report -m

# The tail and the CSV reader broken on purpose, every fourth way: what no test notices is listed. About half an hour.
mutation: $(VENV)/dev
	$(BIN)/python tests/mutate.py --every 4 livemon/system/tail.py livemon/readers/csv.py \
	    livemon/readers/encodings/numbers.py livemon/readers/encodings/csv_blocks.py

# Long runs from a writer's file to the table, about twenty minutes.
endurance: $(VENV)/dev
	$(BIN)/python benchmarks/endurance.py growth
	$(BIN)/python benchmarks/endurance.py sustained
	$(BIN)/python benchmarks/endurance.py latency
	$(BIN)/python benchmarks/endurance.py folders

# 1,000 watchers and 500 writers killed at random instants, about forty minutes.
kills: $(VENV)/dev
	LIVEMON_KILLS=1000 LIVEMON_WRITER_KILLS=500 $(BIN)/python -m pytest --timeout 7200 -k killed tests

# 100 trainings of two processes with Lightning's DDP, twenty to thirty minutes.
parallel: $(VENV)/dev
	LIVEMON_PARALLEL_RUNS=100 $(BIN)/python -m pytest --timeout 7200 -k ddp_of_two tests/scenarios

lint: $(VENV)/dev node_modules
	$(BIN)/ruff check .
	npm run --silent check
	$(BIN)/mypy
	$(BIN)/mypy --config-file .ci/platforms.ini --cache-dir .mypy_cache/win32 --platform win32
	$(BIN)/mypy --config-file .ci/platforms.ini --cache-dir .mypy_cache/darwin --platform darwin

# The pages, into build/docs; their pictures are made anew. Nothing is fetched.
docs: $(VENV)/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "the pages are in build/docs: open build/docs/index.html"

bench: $(VENV)/dev
	@status=0; for script in $(filter-out benchmarks/endurance.py benchmarks/health%,$(wildcard benchmarks/[a-z]*.py)); do \
	    echo "== $$script"; $(BIN)/python $$script || status=1; done; exit $$status

# How well the health of 1,983 labelled trainings is judged, beside three other tools. It says how long it takes.
health: $(VENV)/core
	@$(BIN)/python -m pip install --quiet -e ".[bench]"
	$(BIN)/python benchmarks/health.py

clean:
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "livemon needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps are files in the virtual environment: what is installed is as new as pyproject.toml.
$(VENV)/core: pyproject.toml | $(BIN)/python
	@echo "installing livemon into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet -e .
	@touch $@

$(VENV)/dev: pyproject.toml | $(BIN)/python
	@echo "installing livemon and what its tests need into $(VENV), which takes some minutes ..."
	@$(BIN)/python -m pip install --quiet -e ".[dev]"
	@touch $@ $(VENV)/core $(VENV)/docs

# What checks the page for a browser: its types, and whether everybody can use it.
node_modules: package.json package-lock.json
	@command -v npm >/dev/null || { echo "the page is checked with tools that npm brings (Debian: apt-get install npm)"; exit 1; }
	npm ci --ignore-scripts --no-audit --no-fund --fetch-retries 0
	@touch $@

$(VENV)/docs: pyproject.toml | $(BIN)/python
	@echo "installing livemon and what its pages need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet -e ".[docs]"
	@touch $@ $(VENV)/core
