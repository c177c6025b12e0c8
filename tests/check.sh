#!/bin/sh
# `make check`: an environment with PyTriton in it, made with what a check needs and no more, and a first
# look at it.  It ends with 0 once the doctor has given its verdict, whatever that is.
#   tests/check.sh VENV PYTHON
set -u
venv=$1 python=$2

say() { printf '%s\n' "$*"; }

# uv installs this in a few seconds of a warm cache, pip in most of a minute
fetch_uv() {
    uv=$(command -v uv) || uv=$venv/bin/uv
    [ -x "$uv" ] || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv || uv=
}

install() {
    if [ -n "$uv" ]; then
        "$uv" pip install --python "$venv/bin/python" "$@"
    else
        "$venv/bin/python" -m pip install --disable-pip-version-check "$@"
    fi
}

"$(dirname "$0")/environment.sh" "$venv" "$python" || exit 2
if [ ! -e "$venv/checkable" ] || [ pyproject.toml -nt "$venv/checkable" ]; then
    say "Installing tritondoctor and PyTriton (about 100 MB, once)"
    fetch_uv
    install --editable . || exit 2
    install nvidia-pytriton || say "PyTriton was not installed; the doctor says why it would not run here."
    touch "$venv/checkable"
fi

say
"$venv/bin/tritondoctor" check --prefix "$venv"
code=$?
say
case $code in
0) say "make check: it is set up, and PyTriton will start in $venv (the doctor's exit code: 0)." ;;
1)
    say "make check: it is set up. What stands above is about this machine, not a failure of make: PyTriton"
    say "would not start in $venv (the doctor's exit code: 1). Type what its last line says."
    ;;
*)
    say "make check: the doctor gave no verdict (its exit code: $code)."
    exit "$code"
    ;;
esac
