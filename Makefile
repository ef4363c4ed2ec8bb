# Two commands: `make demo` shows what it does, `make test` shows that it works.
# `make docs` makes a site of the pages, the docstrings and the examples: docs/_build/index.html.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin

.PHONY: demo test lint docs clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	$(BIN)/python -m pip install --quiet --no-deps modAL-python  # it pins an old skorch
	touch $@

demo: $(VENV)/.installed
	$(BIN)/python benchmarks/uci.py --quick

test: $(VENV)/.installed
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "not slow"

lint: $(VENV)/.installed
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[docs]"
	MPLBACKEND=Agg $(BIN)/python -m sphinx --fail-on-warning --keep-going docs docs/_build

clean:
	rm -rf $(VENV) results docs/_build docs/api/generated docs/api/backreferences docs/auto_examples
