#!/bin/sh
# Makes the environment /opt/env of a cell, as root, in a build or in a bare root.
#
# SOURCE     how Python came: system, global, deadsnakes, pyenv, bare, uv, virtualenv, conda
# PYTHON     its minor version
# RELEASE    PyTriton's; `none` installs none
# FORCE      `yes`: install also what pip refuses on this machine or for this Python
# LIBSTDCXX  of conda: the package to install beside Python
#
# With wheels in /wheels (and the tools' in /wheels/tools) no network is used.  Packages are installed by
# uv, which is much quicker than pip; the environment keeps the pip that it came with.
set -eu

env=/opt/env
export UV_NO_CACHE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never

python() { # the interpreter of that minor version: brought along, else the system's
    for path in /opt/pyenv/versions/"$PYTHON".*/bin/python"$PYTHON" /usr/bin/python"$PYTHON" \
        /usr/local/bin/python"$PYTHON"; do
        if [ -x "$path" ]; then echo "$path" && return; fi
    done
    echo "there is no Python $PYTHON here" >&2
    return 1
}
has() { ls "$1"/*.whl >/dev/null 2>&1; }
install() { # what uv installs from the wheels in a folder, else from the network: FOLDER PYTHON WORDS...
    folder=$1 into=$2
    shift 2
    if has "$folder"; then set -- --offline --no-index --find-links "$folder" "$@"; fi
    "$uv" pip install -q --python "$into" "$@"
}
tools() { # a venv with a tool in it
    "$uv" venv -q --python "$system" /tmp/tools
    install /wheels/tools /tmp/tools/bin/python "$@"
}

system=$(command -v python3 || command -v "python$PYTHON" || echo /opt/conda/bin/python3)
if has /wheels/tools; then
    "$system" -m zipfile -e /wheels/tools/uv-*.whl /tmp/uv
    uv=$(ls /tmp/uv/uv-*.data/scripts/uv)
    chmod 755 "$uv"
else
    "$system" -m venv /tmp/uv
    /tmp/uv/bin/pip install -q uv
    uv=/tmp/uv/bin/uv
fi

case $SOURCE in
system | deadsnakes | pyenv)
    "$(python)" -m venv $env
    ;;
virtualenv)
    tools virtualenv
    /tmp/tools/bin/virtualenv -q --no-download --python "$(python)" $env
    ;;
uv)
    "$uv" venv -q --python "$(python)" $env
    ;;
bare)
    ln -s "$(dirname "$(dirname "$(python)")")" $env
    ;;
global) ;;
conda)
    if command -v micromamba >/dev/null; then
        micromamba create -y -q -p $env "python=$PYTHON"
    elif command -v conda >/dev/null; then
        conda create -y -q -p $env "python=$PYTHON"
    else
        tools py-rattler
        /tmp/tools/bin/python /parts/conda.py /channel $env "python=$PYTHON.*" "$LIBSTDCXX"
    fi
    [ -e $env/bin/python ] || ln -s python3 $env/bin/python
    ;;
*)
    echo "no such SOURCE: $SOURCE" >&2
    exit 2
    ;;
esac

target=$env/bin/python3
if [ "$SOURCE" = global ]; then target=$(python); fi
case $SOURCE in global | bare) set -- --break-system-packages ;; *) set -- ;; esac
if [ "$RELEASE" != none ]; then
    if [ "$FORCE" = yes ]; then
        echo numpy >/tmp/overrides
        set -- "$@" --override /tmp/overrides --python-platform x86_64-manylinux_2_35
    fi
    install /wheels "$target" "$@" "nvidia-pytriton==$RELEASE" "numpy<2"
fi
rm -rf /tmp/tools /tmp/uv /tmp/overrides
