# The index of commands. `make demo` and `make test` need Python 3.11, git and make; the rest they install into
# .venv themselves (`make test` also Debian's RabbitMQ and BIND where they are missing).
SHELL := /bin/bash
BIN := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check bench fmt clean lock

help: ## Show these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1 \t/' | expand -t 16

demo: ## Thirteen agents of two domains diagnose broadband complaints, over mutual TLS
	@.ci/setup-venv run
	@$(BIN)/overlay demo $(ARGS)

test: check ## All tests, on real NATS and real RabbitMQ
	@.ci/setup-rabbitmq
	@.ci/setup-dns
	@$(BIN)/python -m pytest -q -n 2 --dist loadscope $(ARGS)

check: ## Formatting, lint and types
	@.ci/setup-venv dev
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy

bench: ## What the overlay carries beside the bare broker
	@.ci/setup-venv run
	@$(BIN)/overlay bench ask $(ARGS)

fmt: ## Format the sources
	@.ci/setup-venv dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## Pin the newest packages with their hashes
	@.ci/setup-venv dev
	@$(BIN)/pip-compile -q --no-emit-index-url --no-emit-find-links --generate-hashes --strip-extras --allow-unsafe --upgrade -o requirements/run.txt pyproject.toml
	@$(BIN)/pip-compile -q --no-emit-index-url --no-emit-find-links --generate-hashes --strip-extras --allow-unsafe --upgrade --extra dev -c requirements/run.txt -o requirements/dev.txt pyproject.toml
	@$(BIN)/pip-compile -q --no-emit-index-url --no-emit-find-links --generate-hashes --strip-extras --allow-unsafe --upgrade -o requirements/build.txt requirements/build.in

clean: ## Remove what the commands above made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
