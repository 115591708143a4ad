# Thin: every target is one command. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONWARNINGS ?= ignore::DeprecationWarning
options = $(if $(PERSONAS),--personas "$(PERSONAS)") $(if $(PERIOD),--period $(PERIOD)) $(if $(AS_OF),--as-of $(AS_OF)) \
          $(if $(ENGINE),--engine $(ENGINE)) $(if $(JOBS),--jobs $(JOBS)) $(if $(FORCE),--force) $(if $(EXPLAIN),--explain) $(folders)
collect = $(BIN)/quarterdeck collect $(if $(SOURCE),--source $(SOURCE)) $(if $(DRY_RUN),--dry-run) $(folders)
folders = $(if $(DATA),--data "$(DATA)") $(if $(PERSONAS_DIR),--personas-dir "$(PERSONAS_DIR)")

.DEFAULT_GOAL := help
.PHONY: help reports collect check serve preview publish package cloud-local pdf lab new-persona test lint format reference pictures bench data lock plotly quarto clean distclean

help:  ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  Variables of reports: PERIOD=2026-10 PERSONAS="ceo cfo" ENGINE=quarto|embedded AS_OF=2026-10-31'
	@echo '                        DATA=folder PERSONAS_DIR=folder JOBS=2 FORCE=1 EXPLAIN=1 COLLECT=1'

reports: $(VENV)/.quarto  ## every persona's report, the site and the digests
	@code=0; $(if $(COLLECT),$(collect) || code=$$?; [ $$code -le 1 ] || exit $$code;) $(BIN)/quarterdeck reports $(options) && exit $$code

collect: $(VENV)/.ready  ## read the sources of sources.yml into today's snapshots (SOURCE="costs git" DRY_RUN=1)
	@$(collect)

check: $(VENV)/.ready  ## validate data, personas and notebook without running anything
	@$(BIN)/quarterdeck check $(folders)

serve: $(VENV)/.ready  ## show site and mails at a local address, build again what is edited (PORT=8000 PERSONAS=…)
	@$(BIN)/quarterdeck serve $(if $(PORT),--port $(PORT)) $(if $(PERSONAS),--personas "$(PERSONAS)") $(if $(ENGINE),--engine $(ENGINE)) $(folders)

preview: serve  ## the same; the digests are at /outbox/, as an inbox shows them

publish: $(VENV)/.ready  ## say what publishing the site to SITE_BUCKET would change; APPLY=1 does it
	@$(BIN)/quarterdeck publish $(if $(APPLY),--apply)

package: $(VENV)/.dev  ## the package for AWS Lambda, under build/, with its size (ARCH=arm64)
	@$(BIN)/quarterdeck package $(if $(ARCH),--arch $(ARCH))

cloud-local: $(VENV)/.dev $(VENV)/.ministack  ## all of the cloud on this machine, without an account of AWS (PORT=8000)
	@MINISTACK=$(CURDIR)/$(VENV)/ministack/bin/ministack $(BIN)/quarterdeck cloud $(if $(PORT),--port $(PORT))

pdf: $(VENV)/.ready  ## each report as a PDF with page numbers, in pdf/ (PERSONAS=… PERIOD=…; needs a browser)
	@$(BIN)/quarterdeck pdf $(if $(PERSONAS),--personas "$(PERSONAS)") $(if $(PERIOD),--period $(PERIOD)) $(folders)

lab: $(VENV)/.dev  ## open JupyterLab on the notebook
	@$(BIN)/jupyter lab notebooks/report.ipynb

new-persona: $(VENV)/.ready  ## write a persona file that already renders (ID=treasurer)
	@$(BIN)/quarterdeck new persona "$(ID)" $(folders)

test: lint  ## lint, types, tests; lists what it skipped and how to get it
	@$(BIN)/pytest -n 2 --dist loadgroup -q

bench: $(VENV)/.dev  ## time the usual ways beside ours (SCALE=1: more personas and rows too)
	@$(BIN)/python tests/bench.py $(if $(SCALE),--scale)

lint: $(VENV)/.dev
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > $(VENV)/lint-imports.log 2>&1 || { cat $(VENV)/lint-imports.log; exit 1; }
	@$(BIN)/nbstripout --verify --keep-id notebooks/*.ipynb $(wildcard tests/notebooks/*.ipynb)

format: $(VENV)/.dev  ## format code, strip notebooks of outputs
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@$(BIN)/nbstripout --keep-id notebooks/*.ipynb $(wildcard tests/notebooks/*.ipynb)

reference: reports  ## write docs/reference and docs/openapi.json from the code and the reports
	@$(BIN)/quarterdeck reference
	@$(BIN)/python -c 'from quarterdeck.cloud.api import document as d; print(d(), end="")' > docs/openapi.json

pictures: $(VENV)/.dev reports  ## take the pictures in docs/ from the reports
	@$(BIN)/python docs/pictures.py

data: $(VENV)/.ready  ## make the sample data again
	@$(BIN)/python data/generate.py

lock: $(VENV)/.dev  ## resolve the locks again (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command 'make lock' \
	  pyproject.toml --extra aws --extra charts --extra cloud --extra collect --extra site --group build -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command 'make lock' \
	  pyproject.toml --all-extras --group build --group dev -c requirements.lock -o requirements-dev.lock

plotly: $(VENV)/.ready  ## fetch plotly.js's cartesian build anew, of the version that the locked Plotly has (needs npm)
	@cd lib/quarterdeck/render/plotly && npm pack --silent \
	  plotly.js-cartesian-dist-min@$$($(CURDIR)/$(BIN)/python -c 'from plotly.offline import get_plotlyjs_version as v; print(v())') \
	  | xargs -I@ sh -c 'tar xzf @ --strip-components=1 package/LICENSE package/plotly-cartesian.min.js && rm @'

quarto: $(VENV)/.ready  ## try again to install Quarto
	@$(BIN)/python -m quarterdeck quarto | tee $(VENV)/.quarto

clean:  ## remove what was built
	rm -rf _site r outbox pdf build dist .quarterdeck .quarto

distclean: clean  ## remove the environment too
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Quarterdeck needs Python 3.11 or newer; name one: make PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'Python lacks venv; on Debian: apt-get install python3-venv'; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo 'Setting up $(VENV) (once)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/.ready
	@echo 'Setting up what tests and JupyterLab need (once)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.ministack: tests/ministack.txt | $(VENV)/bin/python
	@echo 'Setting up what stands for AWS (once)'
	@$(BIN)/python -m venv $(VENV)/ministack # its dependencies are not ours
	@$(VENV)/ministack/bin/pip install -qq --disable-pip-version-check --no-deps --require-hashes -r tests/ministack.txt
	@touch $@

$(VENV)/.quarto: | $(VENV)/.ready
	@$(BIN)/python -m quarterdeck quarto | tee $@
