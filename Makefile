# Every target sets up what it needs: a virtual environment of its own in .venv, made anew when pyproject.toml changes.
# Name an interpreter with PYTHON=python3.12; otherwise the newest usable one is taken.

BIN := .venv/bin
READY := .venv/ready

.PHONY: help test compare check lint spark spark-cluster peers peers-report hard soak mutants versions clean
# Nothing of an environment that the caller has activated may leak in, and what was compiled once is not compiled again
# by each of the many processes that the tests start, which takes most of the time of a short one.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PYTHONDONTWRITEBYTECODE

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

test: $(READY) ## run every test, in as many processes as there are processors
	$(BIN)/python -m pytest -q -n auto --dist loadfile

compare: $(READY) ## compare all strategies and write the report; ENGINES=postgres for the pairs of a server
	$(BIN)/python -m pytest bench --benchmark-only -q $(if $(ENGINES),--engines $(ENGINES))

check: compare ## compare, then fail if anything is worse than the committed baseline
	$(BIN)/incload check reports/baseline.csv reports/latest.csv

lint: $(READY) ## check style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

spark: $(READY) ## run the tests of Iceberg tables, on a Java that is there or that apt may install; K=log for some
	sh .ci/spark $(if $(K),-k "$(K)")

spark-cluster: $(READY) ## run the same loads on a standalone cluster: a master and two workers, started here and ended by number
	sh .ci/spark cluster

peers: $(READY) ## install others to compare with, each in an environment of its own in .peers; PEERS=dlt,dbt for some
	$(BIN)/python bench/peers/setup.py $(PEERS)

peers-report: $(READY) ## run the peers in .peers through every scenario and write reports/peers.md; PEERS and JOBS as above
	$(BIN)/python bench/peers/report.py $(if $(PEERS),--peers $(PEERS)) $(if $(JOBS),--jobs $(JOBS))

hard: $(READY) ## try everything that may go wrong, at every point: crashes, races, garbage, malice; takes hours
	$(BIN)/python -m pytest -q -o faulthandler_timeout=0 --hard tests

soak: $(READY) ## run 10,000 syncs in one process on each of three pairs of engines, and see that nothing grows
	$(BIN)/python -m pytest -q -o faulthandler_timeout=0 --hard tests/hard/test_soak.py

mutants: $(READY) ## change the code in 300 small ways and see that the quick tests notice; about an hour of one processor; SEED=2 for others
	$(BIN)/python tests/mutation/run.py $(if $(SEED),--seed $(SEED)) $(if $(COUNT),--count $(COUNT)) $(if $(JOBS),--jobs $(JOBS))

versions: $(READY) ## run the quick tests on every supported Python that is here, with lowest and newest dependencies
	bash .ci/versions

clean: ## remove everything that the targets have made
	rm -rf .venv .peers build dist *.egg-info .*_cache .hypothesis .benchmarks
	rm -f reports/latest.* reports/latest-filtered.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml .ci/venv
	@PYTHON="$(PYTHON)" sh .ci/venv
	@touch $@
