# Two commands on a bare machine with python3 and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: env demo test check fix validate bench docs messages clean

env: $(STAMP)

# uv is used when present; pip otherwise.
$(STAMP): pyproject.toml constraints.txt
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
		uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable ".[dev]"; \
	else \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"; \
	fi
	@touch $(STAMP)

demo: env
	$(BIN)/merilo demo demo

test: env
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: env
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

validate: env
	$(BIN)/python validation/__main__.py

bench: env
	$(BIN)/python benchmarks/__main__.py

# The manuals that are printed from code; a test fails when they are not current.
docs: env
	$(BIN)/python docs/print_manuals.py
	$(BIN)/python docs/print_validity.py

# Russian sentences: .po -> .mo (both are committed).
messages: env
	$(BIN)/python docs/compile_messages.py

clean:
	rm -rf demo out build dist .pytest_cache .mypy_cache .ruff_cache
