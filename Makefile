# Everything starts from `python3` (3.11 or newer), this file and the package registry.
UV_VERSION := 0.13.9
PYTHON ?= python3
UV := .uv/bin/uv
# The interpreter itself: uv makes the environment anew for a launcher such as pyenv's, at every call.
export UV_PYTHON ?= $(shell $(PYTHON) -c 'import sys; print(sys.executable)')
export UV_PYTHON_DOWNLOADS := never

.PHONY: help serve demo test check format docs bench bench-quick bench-peers bench-engine soak doctor eval-citations clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: runtime ## Start the gateway on http://127.0.0.1:8080
	.venv/bin/causeway serve $(ARGS)

demo: environments ## Start the gateway, chat with it through Cohere's SDK, and stop
	.venv/bin/python examples/demo.py

doctor: runtime ## Say what works on this machine, and why not
	.venv/bin/causeway doctor

test: environments ## Run every test, with both generations of Cohere's SDK
	.venv/bin/python -m pytest $(ARGS)
	.venv-cohere5/bin/python -m pytest tests/sdk tests/langchain tests/matrix $(ARGS)

check: environments ## Lint, format check, types, architecture
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/python -m pytest -q tests/test_architecture.py

format: environments ## Format the code and mend what the linter can
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

docs: environments ## Write the generated pages of the documentation again
	PYTHONPATH=tests .venv/bin/python -m support.catalog_table docs/providers.md
	PYTHONPATH=tests .venv/bin/python -m support.support_matrix docs/dialects
	PYTHONPATH=tests .venv/bin/python -m support.matrix.table docs/matrix.md
	.venv/bin/causeway check --schema > docs/config.schema.json

bench: bench-environment ## Measure the gateway as a proxy, beside nginx
	.venv-bench/bin/python -m bench.proxy
	.venv-bench/bin/python -m bench.codecs

bench-quick: bench-environment ## Measure in a minute, and fail where a ratio is over its goal
	.venv-bench/bin/python -m bench.proxy quick

bench-peers: bench-environment ## Install other gateways and measure them on the same work
	.venv-bench/bin/python -m bench.proxy peers

bench-engine: environments ## Measure the embedded model through the gateway
	.venv/bin/python -m bench.engine

soak: environments ## Leave 10,000 streams and look for what they leave behind
	.venv/bin/python -m bench.soak

eval-citations: environments ## Measure citations on the labelled cases
	.venv/bin/python -m evaluation.citations $(ARGS)

clean: ## Remove the environments and caches
	rm -rf .uv .venv .venv-cohere5 .venv-bench bench/native/build bench/peers .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/typescript/node_modules

.PHONY: runtime environments bench-environment
runtime: $(UV)
	@$(UV) sync --quiet --locked --inexact

environments: $(UV)
	@$(UV) sync --quiet --locked --group dev --group cohere7
	@UV_PROJECT_ENVIRONMENT=.venv-cohere5 $(UV) sync --quiet --locked --group dev --group cohere5

# What `pip install` gives: without the weights there is no engine beside what is measured.
bench-environment: $(UV)
	@UV_PROJECT_ENVIRONMENT=.venv-bench $(UV) sync --quiet --locked --no-default-groups

$(UV):
	@echo "Setting up: one small tool first, then what the lock file names ..."
	@$(PYTHON) -m venv .uv || { \
		echo "python3 cannot make a virtual environment here; on Debian: apt-get install python3-venv"; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@
