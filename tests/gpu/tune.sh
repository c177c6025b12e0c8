#!/usr/bin/env bash
# Tunes a PyTorch model on the card, after run.sh on the same machine: it uses the environments that run.sh made.
#
#   tests/gpu/run.sh; tests/gpu/tune.sh        within $LIMIT seconds (default 240)
#
# $OUT/tritondoctor-gpu-tune.tar.gz comes back with tune-torch.json, tune-torch.html and tune.log.
# (A script of its own, so that the rehearsals of run.sh stay those of the current one.)
#
# Exit status: 0 where a race came to its end (that none wins on a busy machine is no failure), 1 where not,
# 2 where something is not there.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=${OUT:-$PWD}
work=${WORK:-/tmp/tritondoctor-gpu}
results=$work/tune
limit=${LIMIT:-240}
doctor=$work/doctor/bin/python
target=$work/with-torch/bin/python

main() {
    local status race=$((limit - 75))
    for needed in "$doctor" "$target"; do
        [ -x "$needed" ] || { echo "tune.sh: there is no $needed; tests/gpu/run.sh makes it where there is PyTorch" >&2; return 2; }
    done
    timeout -k 5 "$limit" "$doctor" -I -m tritondoctor tune "$root/tests/tuning/toys/torch_mlp.py:infer" \
        --python "$target" --seconds "$race" --clients 1,8,64 --json --html "$results/tune-torch.html" \
        >"$results/tune-torch.json"
    status=$?
    [ "$status" -le 1 ] || { echo "FAILED ($status): tune"; return 1; }
    "$target" - "$results/tune-torch.json" <<'END'
import json, sys
result = json.load(open(sys.argv[1]))
print("recommended:", result["recommended"], "| gain", result["gain"], "| noise", result["noise"], "|", result["reason"])
END
}

mkdir -p "$results" "$out"
main 2>&1 | tee "$results/tune.log"
status=${PIPESTATUS[0]}
tar -czf "$out/tritondoctor-gpu-tune.tar.gz" -C "$results" .
exit "$status"
