# `make help` lists what there is. Everything installs what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

ENV ?= local
ARGS ?=
VENV := .venv/bin
PYTHON := $(VENV)/python
PLAYBOOK := $(VENV)/ansible-playbook
# The programs that the testbed builds, for tools that look on PATH.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.local/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
# This checkout is the collection, whatever else is installed or set.
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.collections
# The machine's own proxy settings have no say over loopback and the container network.
export no_proxy := 127.0.0.1,localhost,198.51.100.0/24,$(no_proxy)

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | column -t -s "$$(printf '\t')"

.PHONY: venv
venv:
	@tools/bootstrap

.PHONY: up
up: venv ## Start the local cloud and build the images, without a cluster yet
	$(PYTHON) -m testbed up

.PHONY: site
site: up ## Stand the platform up on this machine, two regions, and verify it
	$(PLAYBOOK) playbooks/site.yml -i inventories/local $(ARGS)

.PHONY: verify
verify: venv ## Verify what runs and write report/
	$(PLAYBOOK) playbooks/verify.yml -i inventories/$(ENV) $(ARGS)

.PHONY: deploy
deploy: venv ## Run site on an environment, or on one region of it: make deploy ENV=production ARGS='--limit primary'
	$(PLAYBOOK) playbooks/site.yml -i inventories/$(ENV) $(ARGS)

.PHONY: drift
drift: venv ## Hold what runs against what is declared, and change nothing: make drift ENV=production
	$(PLAYBOOK) playbooks/drift.yml -i inventories/$(ENV) $(ARGS)

.PHONY: switchover
switchover: venv ## Move clients to another region: make switchover ENV=production ARGS='-e edge_primary=secondary'
	$(PLAYBOOK) playbooks/switchover.yml -i inventories/$(ENV) $(ARGS)

.PHONY: summary
summary: venv ## Print the last report as Markdown
	$(PYTHON) tools/report_summary.py

.PHONY: plan
plan: up ## Show what base.yml would change: make plan ENV=production
	$(PLAYBOOK) playbooks/base.yml -i inventories/$(ENV) --check --diff \
	  -e @inventories/local/group_vars/all/cloud.yml $(ARGS)

.PHONY: rehearse
rehearse: up ## Run an environment whole on this machine, then again, then remove it: make rehearse ENV=production
	$(PYTHON) -m testbed rehearse $(ENV) $(ARGS)

.PHONY: down
down: venv ## Remove all that was started on this machine
	$(PYTHON) -m testbed down

.PHONY: lint
lint: venv graders ee ## ruff, mypy, yamllint, shellcheck, ansible-lint, the graders, and the execution environment
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy plugins service/src testbed tools
	$(VENV)/yamllint --strict .
	git ls-files -z .ci tools tests/workflows/bin '*.sh' | xargs -0 grep -lZ '^#!.*bash' | xargs -0 $(VENV)/shellcheck
	$(VENV)/ansible-lint --offline
	$(PYTHON) tools/role_pages.py --check

.PHONY: graders
graders: venv ## checkov, kubernetes-validate, antsibull-docs, zizmor and actionlint over what is shipped
	tools/graders

.PHONY: sanity
sanity: venv ## ansible-test sanity
	tools/sanity

# Each takes one core most of the time.
.PHONY: checks
checks: venv
	$(MAKE) --jobs=2 --output-sync=target lint sanity

.PHONY: unit
unit: up ## The tests that need no cluster
	$(PYTHON) -m pytest tests/unit service/tests -q -n 2 $(ARGS)

.PHONY: matrix
matrix: up ## The unit tests and the tarball's with every ansible-core that is supported and every Python that is found
	tools/matrix $(ARGS)

.PHONY: conformance
conformance: up ## The rules of the local cloud and of the engines, against real servers but no platform
	$(PYTHON) -m pytest tests/conformance tests/integration -m 'not platform' -q -n 2 --dist loadfile $(ARGS)

# The one has the secondary cluster to itself, the other the primary.
CLUSTER_EACH := tests/conformance/negative tests/conformance/network_policy
.PHONY: proof
proof: ## The platform's proofs, and the negative controls
	$(MAKE) site ARGS=
	$(PLAYBOOK) playbooks/base.yml playbooks/app.yml -i inventories/local | tee .local/second-run.log
	! grep -E 'changed=[1-9]' .local/second-run.log
	$(PYTHON) -m pytest $(CLUSTER_EACH) -m platform -q -n 2 --dist loadfile $(ARGS)
	$(PYTHON) -m pytest tests/conformance tests/integration -m platform -q \
	  $(addprefix --ignore=,tests/conformance/leaks $(CLUSTER_EACH)) $(ARGS)

.PHONY: molecule
molecule: up ## A scenario a role, against kind
	$(VENV)/molecule test --all

.PHONY: workflows
workflows: up ## Run the jobs of .github/workflows on this machine: make workflows ARGS='--workflow release --job docs'
	$(PYTHON) -m tests.workflows $(ARGS)

.PHONY: test
test: checks unit conformance proof molecule ## Everything up to the whole platform; nothing is left running
	$(PYTHON) -m testbed down

.PHONY: test-all
test-all: test ## And what takes long: rehearsals, a fault at every request, ten kills of make site, a rotation under load, every workflow
	$(MAKE) rehearse ENV=production ARGS=
	$(PYTHON) -m testbed down
	$(MAKE) rehearse ENV=staging ARGS=
	$(PYTHON) -m testbed down
	$(PYTHON) -m pytest tests/conformance -m 'long and not platform' -q --long
	$(MAKE) matrix ARGS=
	$(MAKE) site
	$(PYTHON) -m pytest tests/conformance -m 'long and platform' -q --long
	$(MAKE) workflows ARGS=
	$(PYTHON) -m testbed down

.PHONY: bench
bench: up ## Ratios against peers, each pair in one run
	$(PYTHON) -m tests.bench

.PHONY: lock
lock: venv ## Pin requirements-dev.txt in requirements.lock
	$(PYTHON) -m pip install --quiet pip-tools==7.6.2
	$(VENV)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header --output-file requirements.lock requirements-dev.txt

.PHONY: image
image: venv ## Build the service's image into dist/, for images.yml
	$(PYTHON) -m testbed images ping --to dist

.PHONY: build
build: venv ## Build the collection's tarball into dist/
	$(VENV)/ansible-galaxy collection build --force --output-path dist

VERSION = $(shell sed -n 's/^version: //p' galaxy.yml)
TARBALL = dist/pingpong-platform-$(VERSION).tar.gz
.PHONY: importer
importer: build ## Let Galaxy's own importer read the tarball; a complaint is an error
	tools/importer $(TARBALL)

.PHONY: publish
publish: export ANSIBLE_GALAXY_SERVER_LIST := galaxy
publish: export ANSIBLE_GALAXY_SERVER_GALAXY_URL ?= https://galaxy.ansible.com/
publish: build ## Publish the tarball to Galaxy: TAG is v and its version, the token is in ANSIBLE_GALAXY_SERVER_GALAXY_TOKEN
	@test "$$TAG" = "v$(VERSION)" || { echo "TAG: found '$$TAG', expected v$(VERSION), the version in galaxy.yml" >&2; exit 1; }
	$(VENV)/ansible-galaxy collection publish $(TARBALL)

.PHONY: docs
docs: venv ## Build the site of modules, filters and roles into dist/docs; a warning is an error
	tools/docs

.PHONY: pages
pages: docs ## Pack dist/docs as GitHub Pages takes it
	tar --create --file=dist/artifact.tar --directory=dist/docs .

.PHONY: ee
ee: venv ## Write the build context of the execution environment into dist/execution-environment
	tools/ee
