# Hangar. `make run` and `make test` are all one needs; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION := $(shell sed -n 's/^  "version": "\(.*\)",$$/\1/p' package.json)
TOOL := go tool -modfile=tools/go.mod

# One set of flags everywhere, so that nothing is compiled twice. The binary is static: no C compiler is needed.
LDFLAGS := -s -w -X main.version=$(VERSION)
GO_BUILD := CGO_ENABLED=0 go build -ldflags '$(LDFLAGS)'
GO_RUN := CGO_ENABLED=0 go run -ldflags '$(LDFLAGS)'

# Real files are the stamps: what is newer than its product is made again, and nothing else.
DEPS := node_modules/.package-lock.json
DIST := frontend/dist/.vite/manifest.json
BIN := bin/hangar
WEB_SRC := $(shell find frontend -path frontend/dist -prune -o -path frontend/e2e -prune -o -type f ! -name '*.test.ts*' -print) vite.config.ts
GO_SRC := $(shell find backend -type f ! -name '*_test.go' ! -path '*/testdata/*') embed.go go.mod go.sum

.PHONY: help deps run build dist image deploy-check test dev gen verify lint lint-go lint-web race bench faults soak fuzz fuzz-api e2e scale conformance screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(BIN) ## install, build what changed, serve on http://127.0.0.1:8000 (ARGS="--listen ...")
	@exec $(BIN) serve $(ARGS)

build: $(BIN) ## leave the binary in bin/hangar

# Reproducible: the same commit gives the same bytes wherever it is built; no paths or times of the machine are in it.
REVISION := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
dist: $(DIST) ## the release: a static binary for each platform in dist/, with checksums
	@mkdir -p dist
	@for p in $(PLATFORMS); do echo "dist/hangar-$${p/\//-}"; \
	  GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS) -X main.revision=$(REVISION) -buildid=' -o dist/hangar-$${p/\//-} ./backend/cmd/hangar; done
	@cd dist && sha256sum hangar-* > SHA256SUMS

image: $(BIN) ## a container image with nothing in it but the binary: hangar:VERSION
	DOCKER_BUILDKIT=0 docker build -q -f deploy/Dockerfile --build-arg BINARY=$(BIN) -t hangar:$(VERSION) -t hangar:latest .

deploy-check: $(BIN) ## run the image and the compose file in a dockerd of their own, verify the systemd unit (root; some two minutes)
	@scripts/deploy-check

test: ## run every test there is, installing what the tests need
	@scripts/test

dev: $(DEPS) ## serve with hot reload: Vite for the dashboard, a rebuild for Go
	@LDFLAGS='$(LDFLAGS)' scripts/dev

gen: $(DEPS) ## write the generated files: pages, openapi/, frontend/api/schema.gen.ts, docs/configuration.md and its schema
	@scripts/check-tools
	$(TOOL) templ generate -path backend
	@mkdir -p openapi .make
	$(GO_RUN) ./backend/cmd/hangar openapi > .make/openapi.yaml
	$(GO_RUN) ./backend/cmd/hangar config reference > .make/configuration.md
	$(GO_RUN) ./backend/cmd/hangar config schema > .make/hangar.schema.json
	@for file in openapi/openapi.yaml docs/configuration.md docs/hangar.schema.json; do \
	  cmp -s .make/$${file##*/} $$file || cp .make/$${file##*/} $$file; done
	npm run --silent gen

verify: $(DEPS) ## fail when a generated file is stale
	@scripts/verify

lint: lint-go lint-web ## format, vet, staticcheck, types, eslint, prettier

lint-go:
	@unformatted=$$(gofmt -l embed.go backend); [ -z "$$unformatted" ] || { echo "gofmt -w these: $$unformatted"; exit 1; }
	go vet ./...
	$(TOOL) staticcheck ./...

lint-web: $(DEPS)
	npm run --silent typecheck
	npm run --silent lint

race: $(BIN) ## the Go tests alone, under the race detector
	go test -race -count=1 ./...

bench: $(BIN) ## measure the binary beside its floors, then the Go benchmarks (WRITE=docs/benchmarks.md keeps the table)
	$(GO_RUN) ./backend/bench -hangar $(BIN) $(if $(WRITE),-write $(WRITE))
	go test -run '^$$' -bench . -benchtime 0.5s -benchmem $$(grep -rl --include='*_test.go' '^func Benchmark' backend | xargs -n1 dirname | sort -u | sed 's|^|./|')

# One kind by name: KIND=Killed, FullDisk, FailingDisk, Database, Engine, Judge. N is how often, SEED makes a run again.
KIND ?= .
faults: $(BIN) ## break the binary under load, in every way, and judge what is left (N=20 SEED= KIND=Killed)
	HANGAR_BIN=$(CURDIR)/$(BIN) go test -tags faults -count=1 -v -timeout 0 -run '$(KIND)' -skip Soak ./backend/faults -args $(if $(N),-faults.kills $(N) -faults.rounds $(N)) $(if $(SEED),-faults.seed $(SEED))

soak: $(BIN) ## ten minutes of mixed load: memory, goroutines and descriptors, sampled (FOR=10m SEED= HEAPS=directory)
	HANGAR_BIN=$(CURDIR)/$(BIN) go test -tags faults -count=1 -v -timeout 0 -run Soak ./backend/faults -args -faults.for $(or $(FOR),10m) $(if $(SEED),-faults.seed $(SEED)) $(if $(HEAPS),-faults.heaps $(abspath $(HEAPS)))

fuzz-api: ## every REST operation asked for right, extreme and wrong things, for longer (EACH=300 SEED=)
	go test -count=1 -v -timeout 0 ./backend/apifuzz -args -apifuzz.each $(or $(EACH),300) -apifuzz.seed $(or $(SEED),0)

fuzz: ## every fuzz target, longer (FUZZTIME=30s each, TARGET=FuzzX for one)
	@scripts/fuzz

e2e: $(BIN) ## the browser tests alone
	@scripts/bootstrap
	npm run --silent e2e

scale: $(BIN) ## is the dashboard usable at 1,000 providers and 1,000 events/s (MINUTES=10); writes docs/dashboard.md
	node scripts/dashboard-scale.mjs --minutes $(or $(MINUTES),10) --write docs/dashboard.md

screenshots: $(BIN) ## take the pictures in docs/screenshots anew, every page in both themes
	npx playwright test -c frontend/e2e/screenshots.config.ts

conformance: $(BIN) ## the official MCP suite, published servers and what must hold, through the gateway; writes docs/conformance.md
	cd conformance && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	scripts/conformance-python
	go build -o .make/everything-server github.com/modelcontextprotocol/go-sdk/conformance/everything-server
	go build -o .make/everything-client github.com/modelcontextprotocol/go-sdk/conformance/everything-client
	cd conformance/clients && go build -o ../../.make/go-clients .
	rm -f .make/holds.md
	HANGAR_BIN=$(abspath $(BIN)) go test -count=1 -timeout 20m ./backend/e2e -run 'NobodyGetsWhatIsAnothers|AKilledProvider|OnlyTheGuiltyCallFails|BadInputChangesNothing' -args -holds=$(abspath .make/holds.md)
	node scripts/conformance.mjs $(BIN) .make/everything-server .make/holds.md

clean: ## remove what was built; ./data and node_modules stay
	rm -rf bin .make test-results playwright-report frontend/dist/.vite frontend/dist/assets frontend/dist/vendor

deps: $(DEPS)

$(DEPS): package.json package-lock.json
	@scripts/check-tools
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(DIST): $(DEPS) $(WEB_SRC)
	npm run --silent build
	@touch $@

$(BIN): $(DIST) $(GO_SRC)
	@scripts/check-tools
	$(GO_BUILD) -o $@ ./backend/cmd/hangar
