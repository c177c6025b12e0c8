# Everything runs in an environment of its own, .venv; nothing else on the machine is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: check test unit new-check truth generated sweep sweep-versions sweep-files sweep-kernel matrix cycles attach tune lint bench \
	docs site pictures messages pyz clean

# Sets up an environment with PyTriton in it, and examines that: what a check needs and no more. It ends with
# 0 once there is a verdict; in CI use `tritondoctor check` itself.
check:
	@tests/check.sh $(VENV) $(PYTHON)

# All tests, of the slow suites only a slice each; a file's tests stay with one worker.
WORKERS ?= 2
SLICES := (not truth or truth_slice) and (not generated or generated_slice) and (not cycle or cycle_slice) \
	and (not matrix or matrix_slice) and (not fleet or fleet_slice) and (not attach or attach_slice) \
	and (not tune or tune_slice)
test: $(VENV)/ready
	tests/tools.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "$(SLICES)"

# The tests that need nothing but pytest, in seconds.
unit: $(VENV)/ready
	$(BIN)/python -m pytest -q tests/unit

# The stubs of a new check in its four files: make new-check ID=foo-bar SUBJECT=workspace (CONTRIBUTING.md)
new-check: $(VENV)/ready
	$(BIN)/python -m tests.new_check "$(ID)" "$(SUBJECT)"

# Every environment of the truth suite, each really started (half an hour on two cores, with the self-tests).
truth: $(VENV)/ready
	$(BIN)/python -m pytest -m truth

# Environments composed by chance, each really started (an hour on two cores; it goes on where it stopped).
generated: $(VENV)/ready
	$(BIN)/python -m tests.generated --count 350

# Every variable that the launch can read, set to what may stop it; PyTriton really started (hours on two
# cores; it goes on where it stopped). On other Pythons: SWEEP="--python 3.9"
sweep: $(VENV)/ready
	$(BIN)/python -m tests.sweep doctor
	$(BIN)/python -m tests.sweep variables $(SWEEP)
	$(BIN)/python -m tests.sweep variables --kinds string --size 400 $(SWEEP)

# Every package of the launch in releases around those that are allowed; and compiled ones with each other.
sweep-versions: $(VENV)/ready
	$(BIN)/python -m tests.sweep versions $(SWEEP)
	$(BIN)/python -m tests.sweep.compiled

# Each file that a start opens, missing, empty or cut in half.
sweep-files: $(VENV)/ready
	$(BIN)/python -m tests.sweep files $(SWEEP)

# Each system call of a start refused in turn, PyTriton started, compared (hours; it goes on where it stopped).
sweep-kernel: $(VENV)/ready
	$(BIN)/python -m tests.sweep_kernel --result tests/sweep_kernel/results/$$(date +%F).json

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

# Every broken environment of the truth suite repaired, started and undone (half an hour on two cores).
# TRITONDOCTOR_TEST_CYCLES=FOLDER keeps each cycle there, and goes on where such a run was stopped.
cycles: $(VENV)/ready
	$(BIN)/python -m pytest -m cycle

# Servers made sound or sick, each really started and looked at (20 minutes on two cores).
attach: $(VENV)/ready
	$(BIN)/python -m pytest -m attach

# Real races of `tune`: toys of which the optimum is known, what dies, what is killed (an hour on two cores).
tune: $(VENV)/ready
	$(BIN)/python -m pytest -m tune

# Every cell of docker/matrix.toml built, predicted, started, repaired and started again, and the page of it.
matrix: $(VENV)/ready
	$(BIN)/python -m tests.matrix --page docs/matrix.md

# How long a check takes, beside the bare import of its libraries; how `fleet` grows with hosts.
bench: $(VENV)/ready
	$(BIN)/python tests/bench/check.py --prefix $(VENV)
	$(BIN)/python -m tests.bench.counts --prefix $(VENV) --against HEAD^
	$(BIN)/python -m tests.bench.fleet

# The pages of the findings, from the code.
docs: $(VENV)/ready
	$(BIN)/python docs/build.py
	$(BIN)/python -m tritondoctor.data.make_man docs/man/tritondoctor.1

# The documentation as a site: build/site.
site: docs
	$(BIN)/python docs/site.py

# The pictures of the documentation: screens by the program, pages by Chromium.
pictures: $(VENV)/ready
	$(BIN)/python docs/pictures.py

# The catalogues of the translations, from the code: what is new or missing is listed.
messages: $(VENV)/ready
	$(BIN)/python -m tritondoctor.data.make_messages
	$(BIN)/python catalogues.py

# The doctor as one file for every Python and machine: dist/tritondoctor.pyz.
pyz: $(VENV)/ready
	$(BIN)/python pyz/build.py

$(VENV)/ready: pyproject.toml
	tests/environment.sh $(VENV) $(PYTHON)
	$(BIN)/python -m pip install --upgrade pip
	$(BIN)/python -m pip install --editable '.[pytriton,dev]'
	touch $@

clean:
	rm -rf $(VENV)
