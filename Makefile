# Everything a person or a CI needs; each target sets up what it uses.
.DEFAULT_GOAL := help
.PHONY: help setup setup-bench demo test test-e2e test-slow test-bench test-bench-slow sandbox test-sandbox soak test-gateway test-gateway-clients test-gateways test-llama test-ray check lint types layers format bench lock docs goldens clean bench-env bench-full test-editors test-neovim luacheck stylua test-emacs test-helix test-page test-vscode test-installation tsc eslint check-vscode vscode

# Compiled modules are kept, tests among them: every worker would compile them at every run.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The first Python on the PATH that is new enough, the user's own choice before others; PYTHON=… overrides.
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11 python,$(if $(shell $(p) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(p))))
FILE ?=

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "moa-lsp needs Python 3.11 or newer on the PATH (or PYTHON=/path/to/python)" >&2; exit 1; }
	@echo "setting up $(VENV) with $(PYTHON)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(READY) ## the virtual environment, from the committed lock

BENCH_READY := $(VENV)/.ready-bench
$(BENCH_READY): $(READY) requirements-bench.lock
	@echo "setting up the extra bench: some 230 MB"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

setup-bench: $(BENCH_READY) ## the extra `bench` beside it

demo: $(READY) ## the main job on a bundled sample, or on FILE=path (left unchanged)
	@$(BIN)/moa-lsp demo $(if $(FILE),"$(FILE)")

test: $(READY) ## the server's tests, but the slow ones and most end-to-end tests
	@$(BIN)/python -m pytest -q -n 3 --dist loadgroup -m "not slow and not heavy and not editors and not (e2e and not main_job)" --ignore=tests/bench --ignore=tests/gateway

test-e2e: $(READY) sandbox ## the server as a process, asked as editors ask it, and what takes a second or more
	@$(BIN)/python -m pytest -q -n 3 -m "(e2e or heavy) and not main_job and not slow and not editors" --ignore=tests/bench

test-slow: $(READY) ## the server's slow tests
	@$(BIN)/python -m pytest -q -m slow --ignore=tests/bench --ignore=tests/gateways

test-bench: $(BENCH_READY) sandbox ## the bench's tests; inspect sets up logging for all, so its tests have a process of their own
	@$(BIN)/python -m pytest -q -n 3 -m "not slow and not editors and not ray" --ignore=tests/bench/inspect tests/bench
	@$(BIN)/python -m pytest -q -m "not ray" tests/bench/inspect

test-bench-slow: $(BENCH_READY) sandbox ## the bench's slow tests, hostile programs among them
	@$(BIN)/python -m pytest -q -m slow --ignore=tests/bench/inspect tests/bench

sandbox: ## bubblewrap, where it can be had
	@tests/bench/attacks/install-bubblewrap.sh

test-sandbox: $(READY) sandbox ## hostile programs and proposals in the sandbox
	@$(BIN)/python -m pytest -q -m slow tests/bench/attacks

RUNS ?= 100000
MINUTES ?= 10
soak: $(READY) ## RUNS=100000 simulated edits, 10,000 exchanges of proposals and, with MOA_RECORDED, answers behind reasoning; then a server at work for MINUTES=10 (up to 480)
	@$(BIN)/python -m tests.soak.editing --runs $(RUNS)
	@$(BIN)/python -m tests.soak.choices
	@$(BIN)/python -m tests.soak.reasoning --runs $(RUNS)
	@$(BIN)/python -m tests.soak.server --minutes $(MINUTES)

GATEWAY := .cache/gateway
$(GATEWAY)/.ready: requirements-gateway.lock pyproject.toml
	@echo "setting up $(GATEWAY): some 300 MB"
	@test -x $(GATEWAY)/venv/bin/python || $(PYTHON) -m venv $(GATEWAY)/venv
	@$(GATEWAY)/venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-gateway.lock
	@$(GATEWAY)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

test-gateway: $(GATEWAY)/.ready ## moa-lsp as a model provider and as an MCP server, asked over real sockets and pipes, by openai's and MCP's own SDKs too
	@$(GATEWAY)/venv/bin/python -m pytest -q -n 2 --ignore=tests/gateway/clients tests/gateway

LITELLM := .cache/litellm
$(LITELLM)/.ready:
	@echo "setting up $(LITELLM): some 700 MB"
	@$(PYTHON) -m venv $(LITELLM)/venv
	@$(LITELLM)/venv/bin/python -m pip install --quiet --disable-pip-version-check 'litellm[proxy]>=1.106' prisma
	@touch $@

test-gateway-clients: $(GATEWAY)/.ready $(LITELLM)/.ready ## Aider, llm, LiteLLM, opencode and Continue with a mix as their model, in .cache/gateway-clients: some 1.3 GB
	@MOA_LITELLM=$(LITELLM)/venv/bin/litellm $(GATEWAY)/venv/bin/python -m pytest -q -o faulthandler_timeout=0 tests/gateway/clients

test-gateways: $(READY) $(LITELLM)/.ready test-gateway test-gateway-clients ## our gateway's tests and clients; then real model servers: llama.cpp with a random and a small real model, and a LiteLLM proxy
	@MOA_LITELLM=$(LITELLM)/venv/bin/litellm $(BIN)/python -m pytest -q -m slow -o faulthandler_timeout=0 tests/gateways

test-llama: $(READY) ## llama.cpp alone, and a tenth of the answers of the small real model
	@MOA_SMOLLM_ANSWERS=20 $(BIN)/python -m pytest -q -m slow -o faulthandler_timeout=0 tests/gateways/test_llama.py tests/gateways/test_smollm.py

RAY := .cache/ray
$(RAY)/.ready: requirements.lock pyproject.toml
	@echo "setting up $(RAY): some 400 MB"
	@test -x $(RAY)/venv/bin/python || $(PYTHON) -m venv $(RAY)/venv
	@$(RAY)/venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RAY)/venv/bin/python -m pip install --quiet --disable-pip-version-check 'ray>=2.50,<3'
	@$(RAY)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

test-ray: $(RAY)/.ready ## a sweep on a Ray cluster of two nodes, of which one is lost
	@$(RAY)/venv/bin/python -m pytest -q -m ray tests/bench/ray

test-editors: test-neovim test-emacs test-helix test-page test-vscode test-installation ## real editors with the real server, from the package registries

test-neovim: $(READY) ## in a real Neovim
	@$(BIN)/python -m pytest -q -n 2 -m editors tests/editors/test_neovim*.py

test-emacs: $(READY) ## in a real Emacs with eglot
	@$(BIN)/python -m pytest -q -m editors tests/editors/test_emacs.py

test-helix: $(READY) ## in a real Helix
	@$(BIN)/python -m pytest -q -m editors tests/editors/test_helix.py

test-page: $(READY) ## the page of a report in a real Chromium
	@$(BIN)/python -m pytest -q -m editors tests/editors/test_report_page.py

check: lint types layers luacheck stylua tsc eslint check-vscode ## what must be green behind each commit, in under a minute

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

layers: $(READY)
	@$(BIN)/lint-imports

luacheck: $(READY) ## lint of the Neovim plugin, where it can be had
	@$(BIN)/python -m tests.editors.lua_style $@

stylua: $(READY) ## format of the Neovim plugin, where it can be had
	@$(BIN)/python -m tests.editors.lua_style $@

VSCODE := editors/vscode
VSCODE_READY := $(VSCODE)/node_modules/.ready
NODE_MISSING := $(shell node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null || echo yes)

$(VSCODE_READY): $(VSCODE)/package-lock.json
	@echo "setting up $(VSCODE)/node_modules"
	@if (cd $(VSCODE) && npm ci --silent --no-audit --no-fund); then touch $@; else ! npm ping >/dev/null 2>&1; fi # out of reach is no failure

ifeq ($(NODE_MISSING),yes)
tsc eslint check-vscode test-vscode test-installation:
	@echo "$@ is left out: it needs Node.js 20 or newer on the PATH"
else
HAVE_NODE = test -f $(VSCODE_READY) || { echo "$@ is left out: the registry of npm is out of reach"; exit 0; }

tsc: $(VSCODE_READY) ## types of the VS Code extension
	@$(HAVE_NODE); cd $(VSCODE) && npm run --silent types

eslint: $(VSCODE_READY) ## lint of the VS Code extension
	@$(HAVE_NODE); cd $(VSCODE) && npm run --silent lint

check-vscode: $(VSCODE_READY) ## unit tests of the VS Code extension
	@$(HAVE_NODE); cd $(VSCODE) && npm test --silent

test-vscode: $(READY) $(VSCODE_READY) ## in a real VS Code, in a browser without a window
	@$(HAVE_NODE); $(MAKE) --no-print-directory vscode && (cd $(VSCODE) && npm run --silent host) && \
	$(BIN)/python -m pytest -q -m editors tests/editors/test_vscode.py tests/editors/test_vscode_host.py tests/editors/test_vscode_mixture.py tests/editors/test_vscode_choices.py

test-installation: $(READY) $(VSCODE_READY) ## on a Debian with nothing but Python, from the registries: VS Code and Neovim
	@$(HAVE_NODE); $(MAKE) --no-print-directory vscode && $(BIN)/python -m pytest -q -m editors tests/editors/test_installation.py
endif

vscode: $(READY) $(VSCODE_READY) ## dist/moa-lsp-VERSION.vsix, the VS Code extension with the server in it
	@test -f $(VSCODE_READY) || { echo "the registry of npm is out of reach" >&2; exit 1; }
	@rm -rf $(VSCODE)/dist/server dist/moa-lsp-*.vsix && mkdir -p dist
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(VSCODE)/dist/server .
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest $(VSCODE)/dist/server pip # for Pythons without one
	@cd $(VSCODE) && npm exec --offline -- vsce package --no-dependencies --no-rewrite-relative-links --allow-missing-repository --out ../../dist/

format: $(READY) ## rewrite the sources in the house style
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

bench: $(READY) ## speed, memory and latency in some two minutes; NAMES="overhead latency" for some
	@$(BIN)/python -m benchmarks $(NAMES)

BENCH_ENV := .cache/bench-env
BENCH_PYTHON ?= $(firstword $(foreach p,python3.11 python3,$(if $(shell $(p) -c 'import sys; print(sys.version_info[:2] == (3, 11) or "")' 2>/dev/null),$(p))))
# The stop words of nltk, which one task reads, come inside of this package.
STOPWORDS := llama-index-core==0.10.68
STOPWORDS_IN := llama_index/core/_static/nltk_cache/corpora/stopwords

$(BENCH_ENV)/.ready: benchmarks/bigcodebench.txt
	@test -n "$(BENCH_PYTHON)" || { echo "the tasks of BigCodeBench need Python 3.11 on the PATH (or BENCH_PYTHON=/path/to/python)" >&2; exit 1; }
	@echo "setting up $(BENCH_ENV): 2.4 GB"
	@test -x $(BENCH_ENV)/bin/python || $(BENCH_PYTHON) -m venv $(BENCH_ENV)
	@$(BENCH_ENV)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/bigcodebench.txt
	@rm -rf $(BENCH_ENV)/stopwords && $(BENCH_ENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(BENCH_ENV)/stopwords $(STOPWORDS)
	@mkdir -p $(BENCH_ENV)/nltk_data/corpora && cp -r $(BENCH_ENV)/stopwords/$(STOPWORDS_IN) $(BENCH_ENV)/nltk_data/corpora/ && rm -rf $(BENCH_ENV)/stopwords
	@touch $@

bench-env: $(BENCH_ENV)/.ready ## a Python 3.11 with what the tasks of BigCodeBench import, 2.4 GB

bench-full: $(READY) $(BENCH_ENV)/.ready ## every reference solution and recorded verdict, from MOA_RECORDED
	@MOA_BENCH_PYTHON=$(BENCH_ENV)/bin/python $(BIN)/python -m pytest -q -m slow -o faulthandler_timeout=0 tests/bench/study/test_task_sets.py tests/bench/study/test_task_sets_full.py

lock: $(READY) ## resolve the dependencies anew
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --group build --group test --group check pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --extra bench --group build --group test --group check pyproject.toml -c requirements.lock -o requirements-bench.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --extra gateway --extra mcp --group build --group test --group check --group sdk pyproject.toml -c requirements.lock -o requirements-gateway.lock

docs: $(READY) ## write the tables of docs/ from the code
	@$(BIN)/python -m docs.tables

goldens: $(READY) ## write the kept prompts anew, to be read before it is committed
	@$(BIN)/python -m tests.fakes.prompted

clean: ## remove what was built
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist
