# Two commands on a fresh machine: `make demo` and `make test`. Both install what is missing.
SHELL := /bin/bash
BIN := .venv/bin
PY := $(BIN)/python

.PHONY: help setup setup-test demo test check bench stop clean types

help:
	@echo "make setup   install and build everything, start nothing"
	@echo "make demo    the demonstration county with simulated cameras; Ctrl-C ends it"
	@echo "make test    all tests, on real PostGIS, real RTSP/ONVIF and a real Chromium"
	@echo "make check   style, types, import directions, spelling, compose file, console"
	@echo "make bench   measured ratios against named peers and stated limits"
	@echo "make stop    end what make demo left running, and the private cluster"
	@echo "make clean   remove all that was built or loaded (var/, .venv/, node_modules/)"

setup:
	@scripts/setup.sh

setup-test:
	@scripts/setup.sh --with-browser

demo: setup
	@exec $(BIN)/gridlink demo

test: setup-test check
	@$(PY) -m pytest -n 2 --dist loadfile tests/integration tests/fault
	@$(PY) -m pytest -n 2 --dist loadfile tests/unit tests/video  # apart: bounds what a process holds
	@$(PY) -m pytest tests/e2e  # alone: a browser, a server and cameras fill two cores

check: setup
	@scripts/check.sh

bench: setup
	@$(PY) tests/bench/run.py

types: setup
	@$(BIN)/gridlink openapi > web/openapi.json && cd web && npm run -s types

stop:
	@[ ! -x $(BIN)/gridlink ] || { $(BIN)/gridlink demo --stop; $(BIN)/gridlink db stop; }

clean: stop
	@rm -rf var .venv web/node_modules backend/console_dist *.egg-info
