# Two commands on a fresh machine do everything: `make demo` and `make test`.
PYTHON ?= python3
SEED ?= 0
DATA ?= ../shared/data/ham10000-112px
RUN ?= runs
PORT ?= 8000
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1
export HF_HUB_OFFLINE ?= 1
export HF_HUB_DISABLE_TELEMETRY ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: help install demo real gpu test coverage check bench torture screens serve format clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed ## the virtual environment with everything in it

# torch comes as the platform needs it; its version, like all others, is pinned in constraints.txt.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all]'
	touch $@

demo: .venv/installed ## the whole chain on drawn phantoms: knowledge, service, synthesis, SFT, GRPO, evaluation
	$(BIN)/python -m eval chain eval/configs/demo.toml --run-dir $(RUN)/demo --seed $(SEED)

real: .venv/installed ## the same chain on real HAM10000 images (DATA=folder)
	@if [ -d "$(DATA)" ]; then \
	  $(BIN)/python -m eval chain eval/configs/real.toml --run-dir $(RUN)/real --seed $(SEED) --set data="$(DATA)"; \
	else echo "make real: no HAM10000 at $(DATA); nothing was run. Set DATA=/folder/with/metadata.csv/and/images." >&2; fi

gpu: ## one call of ten minutes on a GPU machine: 100M parameters, real images (DATA), the ablation, throughput
	DATA="$(DATA)" PYTHON="$(PYTHON)" training/launch/gpu.sh $(RUN)/gpu

test: .venv/installed ## every test
	$(BIN)/python -m pytest -n 2 --dist loadscope --durations 15 $(ARGS)

coverage: .venv/installed ## every test, with the share of lines it runs; takes twice as long
	$(BIN)/python -m pytest -n 2 --dist loadscope --cov --cov-report=term $(ARGS)

check: .venv/installed ## formatting, lint, types, and the arrows between the rooms
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: .venv/installed ## speed, as ratios against a baseline in the same run
	$(BIN)/python -m tests.bench

torture: .venv/installed ## a hundred rounds of kill -9 on each database, under four writers
	$(BIN)/python -m tests.torture --seed $(SEED) $(ARGS)

screens: .venv/installed ## every page of the desk as a picture, in runs/screens/
	$(BIN)/python -m pytest -q tests/browser/test_screens.py

serve: .venv/installed ## the knowledge service on http://127.0.0.1:$(PORT)
	$(BIN)/python -m kg_service serve --host 127.0.0.1 --port $(PORT) --data data

format: .venv/installed ## format and mend what can be mended
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean: ## remove runs and caches, keep the environment
	rm -rf runs build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .coverage
