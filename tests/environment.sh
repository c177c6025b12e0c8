#!/bin/sh
# Makes a virtual environment with pip in it, by whatever this machine has: venv, uv or virtualenv.  One that
# is there is kept.
#   tests/environment.sh VENV PYTHON
set -u
venv=$1 python=$2

say() { printf '%s\n' "$*"; }

complete() { "$venv/bin/python" -c 'import pip' 2>/dev/null; }

has() { command -v "$1" >/dev/null; }

give_up() {
    say "$python cannot make an environment, and neither uv nor virtualenv is here. One of these:"
    say "    apt-get install python3-venv     (Debian, Ubuntu)"
    say "    dnf install python3 python3-pip  (Fedora and alike)"
    say "    make PYTHON=/path/to/another/python3"
    exit 2
}

put_pip_into() {
    "$venv/bin/python" -m ensurepip >/dev/null 2>&1 && return
    has uv && uv pip install --quiet --python "$venv/bin/python" pip
}

make_new() {
    # Debian's python3 has venv, but without the package python3-venv no pip to put into it
    "$python" -m venv "$venv" >/dev/null 2>&1 && return
    rm -rf "$venv"
    if ! has uv; then
        "$python" -m virtualenv --quiet "$venv" 2>/dev/null
    elif has "$python"; then
        uv venv --quiet --seed --python "$python" "$venv"
    else
        uv venv --quiet --seed "$venv"
    fi
}

complete && exit 0
if [ -e "$venv" ]; then
    put_pip_into
    complete && exit 0
    say "$venv exists, and no pip can be put into it. Move it away."
    exit 2
fi
say "Making $venv with $("$python" --version 2>/dev/null || echo uv)"
make_new
complete || give_up
