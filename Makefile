# Millrace. `make help` lists the targets; each installs what it needs on first use.
SHELL := /bin/bash
.DEFAULT_GOAL := help

ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,x64,$(shell uname -m)))
# Programs run on the pinned Node 24; npm itself runs on the machine's Node (see policies/repository/setup.sh).
TOOLS := $(CURDIR)/node_modules/node-linux-$(ARCH)/bin:$(CURDIR)/node_modules/.bin
RUN := export PATH="$(TOOLS):$$PATH"; exec

PORT ?= 8080
DATA_DIR ?= .local
# Built once, before a test's deadline could run.
CLUSTER_TOOLS := etcd kube-apiserver kube-controller-manager argocd rollouts-controller redis-server
export PORT DATA_DIR LOG SITE SPEED ENV OUT FROM TO JSON FORMAT SERVICE IMAGES REVISION REV CHECK DRY PR BODY REF REPOSITORY KIND FRESH FETCH

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

.PHONY: up
up: setup ## run the whole platform on this machine (PORT=8080, DATA_DIR=.local)
	@$(RUN) node local/main.ts

.PHONY: demo
demo: setup ## send believable visitors and shoppers to a running platform (SITE=, MINUTES=10, VISITORS=20, ORDERS=30)
	@$(RUN) node local/demo/main.ts

.PHONY: replay
replay: setup ## import an access log as page views (LOG=file[.gz], SITE=, SPEED=)
	@$(RUN) node services/analytics/replay.ts

.PHONY: redrive
redrive: setup ## bring dead letters back to their queue (QUEUE=dev-millrace-order-StockReserved, AGAIN=1)
	@$(RUN) node runtime/redrive-main.ts $(if $(QUEUE),$(QUEUE)) $(if $(AGAIN),--again)

.PHONY: cluster
cluster: setup ## a control plane, simulated Fargate and Argo CD on this machine (ENV=dev, REF=branch, REPOSITORY=, KIND=1)
	@$(RUN) node cluster/main.ts

.PHONY: synth
synth: setup ## render manifests/ from the catalog (ENV=dev,staging,prod; OUT=folder)
	@$(RUN) env NODE_COMPILE_CACHE=node_modules/.cache/synth node charts/main.ts

.PHONY: validate
validate: setup ## manifests/ is current and keeps every rule: schemas, admission, Fargate, platform contract (JSON=1)
	@$(RUN) sh -c 'node charts/main.ts --check >&2 && node policies/validate.ts'

.PHONY: diff
diff: setup ## what a release changes (FROM=ref or environment, HEAD unless said; TO=…; JSON=1, FORMAT=markdown)
	@$(RUN) node charts/diff/main.ts

.PHONY: release
release: setup ## new images into dev as one commit (ENV=dev, IMAGES=file or -; REVISION=, OUT=clone, CHECK=0, DRY=1)
	@$(RUN) node charts/release/release-main.ts

.PHONY: promote
promote: setup ## images from one environment to the next, or back (TO=; FROM=, SERVICE=, REV=commit, OUT=clone, PR=0, DRY=1)
	@$(RUN) node charts/release/promote-main.ts

.PHONY: cost
cost: setup ## what Fargate bills, per pod, service and environment (ENV=; JSON=1)
	@$(RUN) node charts/cost/main.ts

.PHONY: scan
scan: setup ## kube-score and checkov over manifests/; fetches both once
	@$(RUN) node policies/scan.ts

.PHONY: terraform
terraform: setup ## check terraform/ without a cloud (ENV=, STEPS="fmt tflint", FRESH=1, FETCH=1)
	@$(RUN) node policies/terraform/main.ts $(STEPS)

.PHONY: functions
functions: setup ## bundle the Lambda functions that Terraform puts into AWS
	@$(RUN) node terraform/functions/pack.ts

.PHONY: docs
docs: setup ## write the generated pages and Terraform's inputs from the catalog
	@$(RUN) sh -c 'node catalog/publish.ts && node catalog/outputs.ts && node charts/docs/main.ts'

.PHONY: test
test: setup ## every check that needs no cloud; ends with `N passed, N failed`
	@$(RUN) node policies/repository/test-all.ts

.PHONY: e2e
e2e: setup ## the releases on such clusters, from push to healthy; ends with `N passed, N failed` (PATIENCE=3 if busy)
	@$(RUN) sh -c 'node policies/tools/main.ts kubeconform admission $(CLUSTER_TOOLS) && node policies/repository/test-all.ts e2e'

.PHONY: bench
bench: setup ## the benchmarks, as ratios measured in one run (about an hour)
	@$(RUN) node bench/main.ts

.PHONY: setup
setup: ## install the dependencies when they are missing or old (FORCE=1: in any case)
	@policies/repository/setup.sh

.PHONY: fmt
fmt: setup ## format the code and mend what lint can mend
	@$(RUN) biome check --write .

.PHONY: lint
lint: setup ## format, lint, import order, promises that nobody awaits
	@$(RUN) node policies/repository/test-all.ts lint

.PHONY: types
types: setup ## check the types
	@$(RUN) node policies/repository/test-all.ts types

.PHONY: clean
clean: ## remove what was installed and built; the platform's state (DATA_DIR) stays
	@rm -rf node_modules services/*/node_modules dist services/*/dist coverage
