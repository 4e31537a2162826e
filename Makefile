# What one does here. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help demo test bench lint fmt

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## The identity provider, a sample app and an outbox on this machine; needs only Rust and a C compiler
	cargo run --release -- demo

test: ## Unit and doc tests, the suite on SQLite and PostgreSQL, real Chromium; installs what is missing
	@tests/run

bench: ## CPU per operation, operations per second, memory, cold start and binary size, in one table
	tests/with-postgres cargo bench --bench bench

lint: ## Formatting, clippy, and, where installed, cargo-deny and cargo-machete
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --log-level error check; \
	else echo "lint: cargo-deny is not installed; dependencies were not checked"; fi
	@if cargo machete --version >/dev/null 2>&1; then cargo machete; \
	else echo "lint: cargo-machete is not installed; unused dependencies were not looked for"; fi

fmt: ## Format all Rust code
	cargo fmt --all
