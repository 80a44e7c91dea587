.PHONY: lock
# Only for maintainers, after a change of the dependencies. The options leave every index address out of the files.
PIP_COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header
lock:
	$(PIP_COMPILE) pyproject.toml --output-file requirements.lock
	$(PIP_COMPILE) --extra dev pyproject.toml --output-file requirements-dev.lock
