# Every target sets up what it needs; all that must be there is Python 3.11 or later, make and git.
PYTHON ?= python3
VENV := .venv
SAM_VENV := .venv-sam
# A demonstration takes arguments, and a test run too: make demo DEMO_ARGS="--seed 7", make test TEST_ARGS="-k drain".
DEMO_ARGS ?=
TEST_ARGS ?=
BENCH_ARGS ?=

BUILT := .aws-sam/build/template.yaml
SOURCES := template.yaml samconfig.toml \
	$(shell find layers functions statemachines -type f -not -name '*.pyc' 2>/dev/null)
CHECKED := layers functions simulator tests benchmarks

export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format build bench lock clean
.DELETE_ON_ERROR:

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## install the pinned tools into .venv

demo: $(VENV)/.installed ## watch blocks live their whole lives on a local AWS
	@$(VENV)/bin/python -m simulator.demo $(DEMO_ARGS)

test: $(VENV)/.installed $(BUILT) ## run every test
	@$(VENV)/bin/python -m pytest --no-header --numprocesses auto --dist loadgroup $(TEST_ARGS)

lint: $(VENV)/.installed $(SAM_VENV)/.installed ## check style, types, dependencies and the template
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy $(CHECKED)
	$(VENV)/bin/lint-imports
	$(VENV)/bin/cfn-lint template.yaml $(filter-out examples/kubernetes-%,$(wildcard examples/*.yaml))
	@mkdir -p build
	$(VENV)/bin/python -m tests.template.transformed > build/template.json
	$(VENV)/bin/cfn-lint build/template.json
	$(SAM_VENV)/bin/sam validate --lint --region us-east-1 # it wants a name, and calls nobody

format: $(VENV)/.installed ## put the code into shape
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

build: $(BUILT) ## build what is deployed, for Lambda's Python and processor, without Docker

bench: $(VENV)/.installed ## measure calls per sweep, cold starts and what one fault can do (minutes)
	@$(VENV)/bin/python -m benchmarks $(BENCH_ARGS)

lock: $(VENV)/.installed ## resolve the dependencies of pyproject.toml anew, with hashes
	$(VENV)/bin/uv pip compile $(LOCK) --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
		pyproject.toml --output-file layers/vendor/requirements.txt
	$(VENV)/bin/uv pip compile $(LOCK) --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
		--group kubernetes --constraints layers/vendor/requirements.txt --no-emit-package typing-extensions \
		--output-file layers/kubernetes/requirements.txt
	$(VENV)/bin/uv pip compile $(LOCK) --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
		--group slack --constraints layers/vendor/requirements.txt --output-file layers/slack/requirements.txt
	$(VENV)/bin/uv pip compile $(LOCK) --python-version 3.11 --universal \
		--constraints layers/vendor/requirements.txt --constraints layers/kubernetes/requirements.txt \
		--constraints layers/slack/requirements.txt pyproject.toml --group dev --output-file requirements/dev.txt
	$(VENV)/bin/uv pip compile $(LOCK) --python-version 3.11 --universal \
		--group sam --output-file requirements/sam.txt

clean: ## remove what was built and installed
	rm -rf $(VENV) $(SAM_VENV) .aws-sam build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find $(CHECKED) -type d -name __pycache__ -prune -exec rm -rf {} +

LOCK := --quiet --upgrade --generate-hashes --no-header --system-certs

# The checkout and the layer are on the path as they are on Lambda, so nothing of ours is ever installed as a copy.
$(VENV)/.installed: requirements/dev.txt
	@echo "installing $< into $(VENV) (once, about a minute)"
	$(call create,$(VENV),$<)
	@printf '%s\n' ../../../.. ../../../../layers/capacity_blocks > "$$(ls -d $(VENV)/lib/python3*/site-packages)/checkout.pth"
	@touch $@

$(SAM_VENV)/.installed: requirements/sam.txt
	@echo "installing $< into $(SAM_VENV) (once, about a minute)"
	$(call create,$(SAM_VENV),$<)
	@touch $@

define create
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.13")'
@$(PYTHON) -m venv --clear $(1)
@$(1)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps --requirement $(2)
endef

$(BUILT): $(SAM_VENV)/.installed $(SOURCES)
	@PATH="$(CURDIR)/$(SAM_VENV)/bin:$$PATH" $(SAM_VENV)/bin/sam build
	@touch $@
