.PHONY: setup demo up test test-ui check faults bench-quick lock pictures
.DEFAULT_GOAL := setup
PYTHON = .venv/bin/python

setup: .venv/.development

# Two steps, so that who only wants to run Facteur does not wait for the tools of its developers.
.venv/.runtime: .ci/setup requirements-pip.lock requirements.lock pyproject.toml
	@.ci/setup requirements.lock
	@touch $@

.venv/.development: .venv/.runtime requirements-dev.lock
	@.ci/setup requirements-dev.lock
	@touch $@

demo: .venv/.runtime
	@$(PYTHON) -m flows demo

up: .venv/.runtime
	@$(PYTHON) -m flows up

test: .venv/.development
	@$(PYTHON) -m pytest

# Prefect's UI in a real browser, as a clerk drives it: some minutes. .ci/chromium installs the browser.
test-ui: .venv/.development
	@$(PYTHON) -m pytest tests/ui

check: .venv/.development
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports

# Real kills, a relay that answers anything, both databases; about half an hour on two cores.
faults: .venv/.development
	@$(PYTHON) -m tests.faults.every

bench-quick: .venv/.development
	@$(PYTHON) -m benchmarks.quick

# The guides' pictures, from the running product; needs Debian's chromium and fonts-noto-color-emoji.
pictures: .venv/.development
	@$(PYTHON) docs/take_pictures.py

# Only for maintainers, after a change of the dependencies. The options leave every index address out of the files.
PIP_COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header
lock:
	printf 'pip\nsetuptools>=77\n' | $(PIP_COMPILE) - --output-file requirements-pip.lock
	$(PIP_COMPILE) pyproject.toml --output-file requirements.lock
	$(PIP_COMPILE) --extra dev pyproject.toml --output-file requirements-dev.lock
