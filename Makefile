# What a contributor runs by hand; .ci/run runs the same checks and tests where there is no make.
.PHONY: all check format test bench docs

all: check test

check:
	.ci/check

format:
	uv run ruff check --fix .
	uv run ruff format .

test:
	uv run pytest

bench:
	@set -e; for file in tests/benchmarks/bench_*.py; do \
		uv run python -m tests.benchmarks.$$(basename $$file .py) --json; \
	done

docs:
	@set -e; for file in docs/generate_*.py; do uv run python $$file; done
