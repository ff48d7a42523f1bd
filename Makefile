# Every target works on a fresh clone: `setup` is implied by all of them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup check test chaos chaos-cluster e2e demo native bench images images-gpu generate format clean cluster-api cluster-up cluster-down cluster-verify install-manifest

installed := node_modules/.terngrad-installed

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

# Not `npm ci`: it refuses a lock file that lacks the optional binaries of other platforms, which some registries do not
# carry. `--no-save` installs the locked versions with their integrity hashes and leaves the lock file alone.
$(installed): package.json package-lock.json .npmrc
	npm install --no-save --no-fund --no-audit --loglevel=error
	@touch $@

setup: $(installed) ## Install the pinned packages and build dist/
	@npm run --silent build

check: setup ## Types, lint, format, dead code, generated files
	npm run --silent typecheck
	npm run --silent lint
	npm run --silent format:check
	npm run --silent deadcode
	npm run --silent generate -- --check

test: setup ## All tests but those on a whole cluster; ends with a line `N passed, N failed, N skipped`
	@[ -n "$$KUBEBUILDER_ASSETS" ] || bash test/cluster/build.sh --if-possible api
	npm test --silent

chaos: setup ## Faults, replayed: CHAOS_SEED and CHAOS_ONLY choose; writes its rows into docs/reliability.md
	@[ -n "$$KUBEBUILDER_ASSETS" ] || bash test/cluster/build.sh --if-possible api
	@node --disable-warning=ExperimentalWarning --experimental-vm-modules node_modules/jest/bin/jest.js --config test/chaos.jest.config.js

chaos-cluster: setup ## The same on a real cluster: CHAOS_SEED and CHAOS_ROUNDS (20) choose
	@bash test/e2e/run.sh node --disable-warning=ExperimentalWarning --experimental-vm-modules node_modules/jest/bin/jest.js --config test/e2e/chaos/jest.config.js

e2e: setup ## From nothing to a trained job: images, a real cluster, helm install, and the tests on it
	@bash test/e2e/run.sh

cluster-api: setup ## Build etcd and kube-apiserver for the tests, outside the checkout (minutes, once)
	@bash test/cluster/build.sh api

cluster-up: setup ## Start a real Kubernetes of one node on this computer (the first time it is compiled)
	@bash test/cluster/up.sh

cluster-verify: ## Check what the cluster must be able to do
	@bash test/cluster/verify.sh

cluster-down: ## End the cluster and remove all it left
	@bash test/cluster/down.sh

install-manifest: setup ## Write dist/install.yaml: the chart with its default values, for kubectl without helm
	@bash scripts/install-manifest.sh

native: setup ## Compile the native TensorFlow backend (needs python3 with pip, and g++)
	bash scripts/native.sh

demo: setup ## Two workers train LeNet on MNIST, ternary against float32
	@bash scripts/native.sh --if-possible
	node dist/terngrad.js demo

bench: setup ## Print the benchmarks' names; run one with `npm run bench -- NAME`
	npm run --silent bench -- --help

images: setup ## Container images of operator and trainer: dist/images/*.tar
	node --import tsx scripts/images.ts operator trainer

images-gpu: setup ## The trainer's image with CUDA (some GB): dist/images/trainer-gpu.tar
	node --import tsx scripts/images.ts trainer-gpu

generate: setup ## Write the generated files anew
	npm run --silent generate

format: $(installed) ## Format all files
	npm run --silent format

clean: ## Remove what was built and installed
	rm -rf dist node_modules trainer/ternary/kernels.wasm
