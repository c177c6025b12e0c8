#!/usr/bin/env bash
# The first meeting with a GPU, from nothing: installs, checks, serves Linear on the card, measures.
#
#   tests/gpu/run.sh keep     puts the wheels that came along aside, and writes down what machine this is
#   tests/gpu/run.sh          all of it, within $LIMIT seconds (default 480) whatever hangs
#
# For a Linux machine with an NVIDIA driver, Python 3.12 and no network; with PyTorch (a CUDA build), if
# there is one. tests/gpu/pack.sh, run where there is a network, packs the wheels into the folders .whl-1
# and .whl-2 of the repository (git ignores them); where they are too large for one transfer, bring .whl-1
# with `keep` and .whl-2 with the run.
#
# One archive comes back, $OUT/tritondoctor-gpu.tar.gz (OUT: default the current folder), whatever happens:
#   run.log, probe.json     this log; the machine
#   check.json              what `check` says of the environments, before and after its own advice
#   selftest-driver.json    --device cuda in an environment without PyTorch: the driver itself
#   selftest-torch.json     --device cuda with the machine's PyTorch
#   selftest-cpu.json       --device cpu, to compare
#   bench-torch.json        --device cuda --bench
#   attach-torch.json       what `attach` says of that server while its clients ask
#   selftest-ensemble.json  --device cuda --ensemble
#   selftest-FRAMEWORK.json --device cuda --framework FRAMEWORK, for each one that the machine's Python has
#   selftest-llama.json     --device cuda --llama random, where transformers came along
#                           (each of them streams as well, with the model on the card)
#   gpu.json, gpu.txt       `check` under many settings, beside nvidia-smi, CUDA and PyTorch (on_hardware.py)
# Unpack it into tests/evidence: tests/gpu/test_evidence.py judges the reports ever after.
#
# Tuning has a script of its own, tune.sh. A test that joins later is one line more in `main`:
#   prove FILE ENVIRONMENT SECONDS COMMAND ARGUMENT...
#
# Exit status: 0 where all passed and agreed, 1 where not, 2 where something is not there.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=${OUT:-$PWD}
work=${WORK:-/tmp/tritondoctor-gpu}
results=$work/results
wanted=${PYTHON_VERSION:-3.12}
ends=$((SECONDS + ${LIMIT:-480}))
failed=0

say() { printf '== %4d s  %s\n' "$SECONDS" "$*"; }
die() { printf 'run.sh: %s\n' "$*" >&2; exit 2; }

# within SECONDS COMMAND...: the command, ended at its limit or at that of the whole run.
within() {
    local limit=$1 left=$((ends - SECONDS - 5))
    shift
    [ "$left" -lt "$limit" ] && limit=$left
    [ "$limit" -gt 0 ] || { say "no time is left for: $*"; return 124; }
    timeout -k 5 "$limit" "$@"
}

keep_wheels() {
    local file
    mkdir -p "$work/wheels"
    for file in "$root"/.whl-*/*.whl "$root"/.whl-*/libpython*.xz; do
        [ -e "$file" ] && cp -n "$file" "$work/wheels/"
    done
    say "wheels kept: $(find "$work/wheels" -name '*.whl' | wc -l)"
}

# Set $python: of the wanted version, preferably a Python that imports torch, else any that has venv.
choose_python() {
    local candidate
    python=
    for candidate in ${PYTHON:-} "python$wanted" python3 python /opt/conda/bin/python /opt/*/bin/python3 \
        /usr/local/bin/python3 /root/*/bin/python3 /home/*/*/bin/python3; do
        candidate=$(command -v "$candidate") || continue
        within 20 "$candidate" -c "import sys, venv; sys.exit(sys.version_info[:2] != tuple(map(int, '$wanted'.split('.'))))" \
            2>/dev/null || continue
        [ -n "$python" ] || python=$candidate
        if within 60 "$candidate" -c 'import torch' 2>/dev/null; then
            python=$candidate torch=yes
            return
        fi
    done
    torch=no
    [ -n "$python" ] || die "there is no Python $wanted with venv; set PYTHON to its path"
}

# environment NAME [FOLDER]: a venv of the base Python with all wheels in it; then FOLDER is searched, too.
# (A venv on top of a venv would see the base Python's packages, and not those of the first.)
environment() {
    local folder=$work/$1 base packages pip
    pip=$(compgen -G "$work/wheels/pip-*.whl" | head -1)
    base=$("$python" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
    "$base" -m venv --clear --without-pip "$folder" || return
    packages=$("$folder/bin/python" -c 'import site; print(site.getsitepackages()[0])')
    if [ -d "$work/packages" ]; then
        cp -a "$work/packages/." "$packages"
    else
        within 300 "$python" "$pip/pip" --python "$folder/bin/python" install --quiet --no-index --no-deps \
            --disable-pip-version-check --no-compile "$work"/wheels/*.whl || return
        cp -a "$packages" "$work/packages"
    fi
    [ -z "${2:-}" ] || echo "$2" >"$packages/beside.pth"
}

# advice REPORT: the commands of the first remedy of each error finding.
advice() {
    "$python" - "$1" <<'END'
import json, sys
for finding in json.load(open(sys.argv[1]))["findings"]:
    if finding["severity"] == "error" and finding["remedies"]:
        print(*finding["remedies"][0]["commands"], sep="\n")
END
}

# finds ID REPORT: whether a finding of that name is in the report.
finds() { grep -q "\"id\": *\"$1" "$2"; }

# follow NAME: checks an environment, follows the doctor's advice if need be, and checks again.
follow() {
    local target=$work/$1/bin/python report=$work/check-$1
    if ! checked "$target" "$report-before.json"; then
        say "advice for $1:"
        advice "$report-before.json" | tee "$work/advice.sh"
        within 60 bash -e "$work/advice.sh" </dev/null || say "the advice could not be followed"
    fi
    checked "$target" "$report-after.json" && return
    if finds libpython-missing "$report-after.json" && carried_libpython "$target" "$report-after.json"; then
        checked "$target" "$report-after.json" && return
    fi
    say "$1: an error is left"
    failed=1
}

# The doctor is found by the interpreter; LD_LIBRARY_PATH stays as it is, the driver may come by it.
checked() { within 60 "$work/doctor/bin/python" -I -m tritondoctor check --json --python "$1" >"$2"; }

# carried_libpython TARGET REPORT: only where the machine has none: of those that came along, the first that fits
# TARGET goes on LD_LIBRARY_PATH. One fits if the check has nothing against it; the log says which.
carried_libpython() {
    local archive name folder given=${LD_LIBRARY_PATH:-}
    for archive in "$work"/wheels/libpython"$wanted".so.1.0*.xz; do
        [ -e "$archive" ] || { say "no libpython$wanted.so.1.0 on this machine, and none came along"; return 1; }
        name=$(basename "$archive" .xz)
        folder=$work/libpython/$name
        mkdir -p "$folder"
        "$python" -c 'import lzma, sys; sys.stdout.buffer.write(lzma.open(sys.argv[1]).read())' "$archive" \
            >"$folder/libpython$wanted.so.1.0" || return
        export LD_LIBRARY_PATH=$folder${given:+:$given}
        if checked "$1" "$2" || ! finds libpython- "$2"; then
            say "no libpython$wanted.so.1.0 on this machine: $name came along and fits; it is on LD_LIBRARY_PATH"
            return
        fi
        say "$name came along, and does not fit this Python"
    done
    export LD_LIBRARY_PATH=$given
    return 1
}

# prove FILE NAME SECONDS COMMAND ARGUMENT...: one command of the doctor; its report goes to FILE.
prove() {
    local file=$results/$1 name=$2 limit=$3 target=$work/$2/bin/python status
    shift 3
    say "$* with $name"
    within "$limit" "$work/doctor/bin/python" -I -m tritondoctor "$@" --json --python "$target" >"$file"
    status=$?
    if [ "$status" = 0 ]; then
        say "passed: $(summary "$file")"
    else
        failed=1
        say "FAILED ($status): $(summary "$file")"
    fi
}

# summary REPORT: the device, the library and the proof, or the first finding.
summary() {
    "$python" - "$1" <<'END'
import json, sys
try:
    report = json.load(open(sys.argv[1]))
except ValueError:
    sys.exit(print("no report"))
test = report.get("selftest") or {}
device = test.get("device") or {}
proof = device.get("proof") or {}
print(device.get("kind", "-"), "by", device.get("library", "-"), "|", proof.get("strength", "-"),
      proof.get("how", ""), "|", *[finding["title"] for finding in report["findings"][:1] if not test.get("passed")])
END
}

# used_library FILE WORD: the self-test must have computed with that; else the test is not what its name says.
used_library() {
    grep -q "\"library\": *\"$2" "$results/$1" && return
    say "FAILED: $1 was not computed by $2"
    failed=1
}

# bench_and_attach: the bench, and `attach` looks at its server meanwhile.
bench_and_attach() {
    local looking
    attach_while_asked &
    looking=$!
    prove bench-torch.json with-torch 120 selftest --device cuda --bench
    wait "$looking" || failed=1
}

# attach_while_asked: looks at the server that runs until a look shows requests, and says what it says.
attach_while_asked() {
    local file=$results/attach-torch.json until=$((SECONDS + 110)) process status
    while [ "$SECONDS" -lt "$until" ]; do
        process=$(attached 20 | "$python" -c \
            'import json, sys; print(*[server["pid"] for server in json.load(sys.stdin)["servers"]][:1])')
        [ -n "$process" ] || { sleep 1; continue; }
        attached 60 "$process" >"$file"
        status=$?
        asked_of "$file" || continue
        [ "$status" = 0 ] || { say "FAILED ($status): attach"; return 1; }
        say "passed: attach: $(verdict "$file")"
        return
    done
    say "FAILED: attach saw no request"
    return 1
}

# attached SECONDS [PID]: the servers, or what is to be said of one.
attached() {
    local limit=$1
    shift
    within "$limit" "$work/doctor/bin/python" -I -m tritondoctor attach --json "$@" 2>/dev/null
}

# asked_of REPORT: whether a model was asked while `attach` looked.
asked_of() {
    "$python" -c 'import json, sys; sys.exit(not any(model["requests"] for model in json.load(open(sys.argv[1]))["models"]))' \
        "$1" 2>/dev/null
}

# verdict REPORT: the verdict of `attach`, and its findings.
verdict() {
    "$python" - "$1" <<'END'
import json, sys
report = json.load(open(sys.argv[1]))
print(report["verdict"], *[finding["id"] for finding in report["findings"]])
END
}

# beyond_linear: the frameworks that are beside the machine's torch, and a language model.
beyond_linear() {
    local framework
    for framework in tensorflow jax onnxruntime cupy; do
        has "$framework" && prove "selftest-$framework.json" with-torch 150 selftest --device cuda --framework "$framework"
    done
    if has 'transformers.models.llama.modeling_llama'; then
        prove selftest-llama.json with-torch 180 selftest --device cuda --llama random
    else
        say "no transformers that works here: the language model is left out"
    fi
}

# has MODULE: whether the environment with torch imports it.
has() { within 90 "$work/with-torch/bin/python" -c "import $1" 2>/dev/null; }

# Files that compiled kernels would be kept in.
caches() { find "$HOME/.nv" "$HOME/.cupy" -type f 2>/dev/null | sort; }

main() {
    local packages before target left
    choose_python
    say "Python: $("$python" -V 2>&1), torch: $torch"
    keep_wheels
    mkdir -p "$results"
    within 60 "$python" "$root/tests/gpu/probe.py" "$wanted" >"$results/probe.json" || say "the probe failed"
    [ "${1:-}" = keep ] && return
    compgen -G "$work/wheels/nvidia_pytriton-*.whl" >/dev/null || die "no wheel of PyTriton; see the top"
    compgen -G "$work/wheels/pip-*.whl" >/dev/null || die "no wheel of pip; see the top"

    say "environments"
    rm -rf "$work/packages"
    if ! environment doctor "$root" || ! environment bare; then die "the environments could not be made"; fi
    before=$(caches)
    if [ "$torch" = yes ]; then
        packages=$("$python" -c 'import os, torch; print(os.path.dirname(os.path.dirname(torch.__file__)))')
        environment with-torch "$packages" || torch=no
    fi
    say "checks"
    follow bare
    [ "$torch" = no ] || follow with-torch
    collect "$work"/check-*.json >"$results/check.json"

    prove selftest-driver.json bare 120 selftest --device cuda
    if [ "$torch" = yes ]; then
        prove selftest-torch.json with-torch 120 selftest --device cuda
        used_library selftest-torch.json torch
    else
        say "no PyTorch here: its self-test is left out"
    fi
    prove selftest-cpu.json bare 120 selftest --device cpu
    [ "$torch" = no ] || bench_and_attach
    prove selftest-ensemble.json bare 150 selftest --device cuda --ensemble
    [ "$torch" = no ] || beyond_linear
    [ "$before" = "$(caches)" ] || { say "FAILED: compiled kernels were left in a cache"; failed=1; }

    say "what the doctor says of the card, and others"
    target=bare
    [ "$torch" = no ] || target=with-torch
    left=$((ends - SECONDS - 30))
    [ "$left" -lt 170 ] || left=170
    within 200 "$work/doctor/bin/python" "$root/tests/gpu/on_hardware.py" "$work/doctor/bin/python" \
        "$work/$target/bin/python" "$results" "$left" | tee "$results/gpu.txt" || failed=1
    say "done: $([ "$failed" = 0 ] && echo 'all passed' || echo 'something FAILED')"
    return "$failed"
}

# collect FILE...: print several reports as one JSON object, by their names.
collect() {
    "$python" - "$@" <<'END'
import json, os, sys
found = {}
for path in sys.argv[1:]:
    try:
        found[os.path.basename(path)[:-5]] = json.load(open(path))
    except ValueError:
        pass
print(json.dumps(found))
END
}

mkdir -p "$results" "$out"
main "$@" 2>&1 | tee "$results/run.log"
status=${PIPESTATUS[0]}
tar -czf "$out/tritondoctor-gpu.tar.gz" -C "$results" .
exit "$status"
