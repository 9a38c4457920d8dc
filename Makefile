# The commands a person types. `make` alone lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
export UV_PYTHON_DOWNLOADS := never
export PYTHONUNBUFFERED := 1
# Without kept bytecode each process compiles all that it imports, and starts in three times the time.
unexport PYTHONDONTWRITEBYTECODE

# uv from the machine, or our own copy of it from PyPI.
UV := $(shell command -v uv 2>/dev/null || echo .tools/uv/bin/uv)
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
RUN := .venv/bin/python -m
WORKERS ?= 2

.PHONY: help demo serve worker test story guide check format bench chaos mutations sheet messages audit clean

help: ## List the commands.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

demo: .venv/ready ## Make and serve a whole installation to try (PORT=8100, RESET=1, URLS=FILE).
	@exec .venv/bin/awning demo $(if $(filter 1 yes true,$(RESET)),--reset) $(if $(PORT),--port $(PORT)) $(if $(URLS),--urls $(URLS))

serve: .venv/ready ## Serve all faces, as the environment configures them.
	@exec .venv/bin/awning serve

worker: .venv/ready ## Do the jobs of the queue.
	@exec .venv/bin/awning worker

test: .venv/ready ## Run all tests, in parallel, with a real browser.
	@AWNING_CHROMIUM="$$(scripts/chromium)" && export AWNING_CHROMIUM && $(RUN) pytest -n $(WORKERS) --dist loadgroup $(ARGS)

story: .venv/ready ## Let two stores live through ten thousand random steps (STEPS=10000).
	@STORY_STEPS=$(or $(STEPS),10000) $(RUN) pytest tests/story

guide: .venv/ready ## Work the examples of docs/prices.md again, and write them down.
	@AWNING_WRITE_GUIDE=1 $(RUN) pytest tests/guide

check: .venv/ready ## Lint, types, floors, migrations, templates.
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	.venv/bin/lint-imports
	$(RUN) scripts.migrations_check
	.venv/bin/djlint --lint --quiet $$(git ls-files '*.html')

messages: .venv/ready ## Take new words of stores into the catalogues of their languages.
	@$(RUN) scripts.messages

format: .venv/ready ## Put the code into its usual form.
	$(RUN) ruff check --fix-only -q .
	$(RUN) ruff format -q .

bench: .venv/ready ## Measure the figures of docs/figures.md (ONLY=NAME for one).
	@$(RUN) bench $(if $(ONLY),--only $(ONLY))

sheet: .venv/ready ## Draw all presets, pages, widths and schemes into docs/pictures/presets.webp.
	@AWNING_CHROMIUM="$$(scripts/chromium)" && export AWNING_CHROMIUM && $(RUN) scripts.presets.sheet

audit: .venv/ready scripts/presets/node/node_modules ## Lighthouse, axe, markup and bytes of every preset (SPEED=no).
	@scripts/program java default-jre-headless >/dev/null
	@AWNING_CHROMIUM="$$(scripts/chromium)" && export AWNING_CHROMIUM && \
		$(RUN) scripts.presets.audit $(if $(filter no,$(SPEED)),--without-speed)

scripts/presets/node/node_modules: scripts/presets/node/package-lock.json
	@scripts/program npm nodejs npm >/dev/null
	@cd scripts/presets/node && npm install --no-save --no-audit --no-fund --silent && touch node_modules

chaos: .venv/ready ## Kill web, worker and database while money moves, and count it after (SEED=, KILLS=).
	@$(RUN) scripts.chaos $(if $(SEED),--seed $(SEED)) $(if $(KILLS),--kills $(KILLS))

mutations: .venv/ready ## Take away each guard of the database in turn; a test must notice.
	@$(RUN) scripts.mutations

clean: ## Remove the virtual environment and the demo's data.
	rm -rf .venv .tools data .mypy_cache .ruff_cache .hypothesis

.venv/ready: pyproject.toml uv.lock
	@[ -n "$(PYTHON)" ] || { echo "Awning needs Python 3.11 or newer."; exit 1; }
	@[ -x "$(UV)" ] || { $(PYTHON) -m venv .tools/uv && .tools/uv/bin/pip install -q --disable-pip-version-check uv; }
	@$(UV) sync --frozen --quiet --compile-bytecode --python $(PYTHON)
	@touch $@
