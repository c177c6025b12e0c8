#!/usr/bin/env bash
# The self-test on a GPU, from nothing: installs, checks, serves Linear on the card, measures.
#
#   tests/gpu/run.sh [keep]
#
# For a Linux machine with an NVIDIA driver, Python 3.12 with PyTorch (a CUDA build) and no network.
# JSON reports go to $OUT (default: tests/evidence):
#   check.json            what `check` says of the environment, before and after its own advice
#   selftest-torch.json   --device cuda with the machine's PyTorch
#   selftest-driver.json  --device cuda in an environment without PyTorch: the driver itself
#   bench-torch.json      --device cuda --bench
#   selftest-cpu.json     --device cpu, to compare
#   gpu.json              `check` under many settings of CUDA_VISIBLE_DEVICES and of the library path
#   gpu.txt               the same beside the words of nvidia-smi, CUDA and PyTorch (on_hardware.py)
#   machine.txt           nvidia-smi and versions
# tests/gpu/test_evidence.py judges what they hold again, in every run of the tests.
#
# Wheels come along in the folders .whl-1 and .whl-2 of the repository (git ignores them).  Fetch them
# where there is a network, with any pip:
#   get() { pip download --only-binary=:all: --python-version 3.12 --implementation cp \
#           --platform manylinux_2_35_x86_64 --platform manylinux_2_28_x86_64 \
#           --platform manylinux_2_27_x86_64 --platform manylinux1_x86_64 \
#           --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 "$@"; }
#   get --no-deps -d .whl-1 nvidia-pytriton==0.7.0
#   get -d .whl-2 nvidia-pytriton==0.7.0 'numpy<2' msgspec nvidia-ml-py psutil rich 'typer<0.29'
#   rm .whl-2/nvidia_pytriton*
# Together they may be too large for one transfer: `run.sh keep` puts the wheels that are there aside
# on the machine (in $WORK, default /tmp/tritondoctor-gpu), and a later `run.sh` uses all of them.
#
# Exit status: 0 where every self-test passed and all agreed, 1 where not, 2 where something is not there.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=${OUT:-$root/tests/evidence}
work=${WORK:-/tmp/tritondoctor-gpu}
python=${PYTHON:-python3.12}
failed=0

say() { printf '== %s\n' "$*"; }
die() { printf 'run.sh: %s\n' "$*" >&2; exit 2; }

# Puts the wheels that came along aside.
keep_wheels() {
    local wheel
    mkdir -p "$work/wheels"
    for wheel in "$root"/.whl-*/*.whl; do
        [ -e "$wheel" ] && cp -n "$wheel" "$work/wheels/"
    done
    say "wheels kept: $(find "$work/wheels" -name '*.whl' | wc -l)"
}

# environment NAME [OPTION...]: a venv with all wheels in it; the options are those of venv.
environment() {
    local folder=$work/$1
    shift
    "$python" -m venv --clear --without-pip "$@" "$folder"
    "$python" -m pip --python "$folder/bin/python" install --quiet --no-index --no-deps \
        --disable-pip-version-check --ignore-installed "$work"/wheels/*.whl
}

# doctor ARGUMENT...: the doctor of this checkout, in an environment of its own.
doctor() { "$work/doctor/bin/python" -I -m tritondoctor "$@"; }

# advice REPORT: the commands of the first remedy of each error finding.
advice() {
    "$python" - "$1" <<'END'
import json, sys
for finding in json.load(open(sys.argv[1]))["findings"]:
    if finding["severity"] == "error" and finding["remedies"]:
        print(*finding["remedies"][0]["commands"], sep="\n")
END
}

# follow NAME: checks an environment, follows the doctor's advice if need be, and checks again.
follow() {
    local target=$work/$1/bin/python report=$work/check-$1
    if ! doctor check --json --python "$target" >"$report-before.json"; then
        say "advice for $1:" && advice "$report-before.json" | tee "$work/advice.sh"
        bash -e "$work/advice.sh" || say "the advice could not be followed"
    fi
    doctor check --json --python "$target" >"$report-after.json" || failed=1
}

# prove FILE NAME ARGUMENT...: one self-test; its report goes to FILE.
prove() {
    local file=$out/$1 target=$work/$2/bin/python
    shift 2
    say "selftest $* with $target"
    if doctor selftest --json --python "$target" "$@" >"$file"; then
        say "passed"
    else
        failed=1
        say "FAILED: see $file"
        tail -c 2000 "$file"
    fi
}

# one FILE...: several reports in one file, by their names.
one() {
    "$python" - "$@" <<'END'
import json, os, sys
print(json.dumps({os.path.basename(path)[:-5]: json.load(open(path)) for path in sys.argv[1:]}))
END
}

main() {
    command -v "$python" >/dev/null || die "there is no $python; PYTHON names another"
    keep_wheels
    [ "${1:-}" = keep ] && return
    compgen -G "$work/wheels/nvidia_pytriton-*.whl" >/dev/null || die "no wheel of PyTriton; see the top"
    mkdir -p "$out"
    {
        nvidia-smi || echo "nvidia-smi does not answer"
        "$python" -c 'import sys; print(sys.version)'
        "$python" -c 'import torch; print("torch", torch.__version__, torch.version.cuda)' || true
    } >"$out/machine.txt" 2>&1

    say "environments in $work"
    environment doctor
    local packages
    packages=$("$work/doctor/bin/python" -c 'import site; print(site.getsitepackages()[0])')
    echo "$root" >"$packages/tritondoctor-checkout.pth"
    environment bare
    environment with-torch --system-site-packages
    follow bare
    follow with-torch
    one "$work"/check-*.json >"$out/check.json"

    say "what the doctor says of the card, and others"
    "$python" "$root/tests/gpu/on_hardware.py" "$work/doctor/bin/python" "$work/with-torch/bin/python" \
        "$out" | tee "$out/gpu.txt"
    [ "${PIPESTATUS[0]}" = 0 ] || failed=1
    prove selftest-torch.json with-torch --device cuda
    prove selftest-driver.json bare --device cuda
    prove bench-torch.json with-torch --device cuda --bench
    prove selftest-cpu.json bare --device cpu
    return "$failed"
}

main "$@"
