#!/bin/sh
# Makes the environment /opt/env of a cell, as root, in a build or in a bare root.
#
# SOURCE   how Python came: system, global, deadsnakes, pyenv, bare, uv, virtualenv, conda
# PYTHON   its minor version
# RELEASE  PyTriton's; `none` leaves it out
# FORCE    `yes`: install also what pip refuses on this machine
#
# With wheels in /wheels (and the tools' in /wheels/tools) nothing is asked of a network.
set -eu

env=/opt/env
offline() { # the options of pip for a folder of wheels
    ls "$1"/*.whl >/dev/null 2>&1 && echo "--no-index --find-links $1"
    return 0
}
quiet='-q --disable-pip-version-check --no-warn-script-location --no-cache-dir'

python() { # the interpreter of that minor version: brought along, else the system's
    for path in /opt/pyenv/versions/"$PYTHON".*/bin/python"$PYTHON" /usr/bin/python"$PYTHON" \
        /usr/local/bin/python"$PYTHON"; do
        if [ -x "$path" ]; then echo "$path" && return; fi
    done
    echo "there is no Python $PYTHON here" >&2
    return 1
}
tools() { # a venv of the system's Python with a tool in it
    python3 -m venv /tmp/tools
    # shellcheck disable=SC2046,SC2086
    /tmp/tools/bin/pip install $quiet $(offline /wheels/tools) "$@"
}

case $SOURCE in
system | deadsnakes | pyenv)
    "$(python)" -m venv $env
    ;;
virtualenv)
    tools virtualenv
    /tmp/tools/bin/virtualenv -q --no-download --python "$(python)" $env
    ;;
uv)
    tools uv
    /tmp/tools/bin/uv venv -q --seed --offline --no-index --find-links /wheels/tools --python "$(python)" $env ||
        /tmp/tools/bin/uv venv -q --python "$(python)" $env
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
        /tmp/tools/bin/python /parts/conda.py /channel $env "python=$PYTHON.*" "${LIBSTDCXX:-libstdcxx-ng}"
    fi
    [ -e $env/bin/python ] || ln -s python3 $env/bin/python
    ;;
*)
    echo "no such SOURCE: $SOURCE" >&2
    exit 2
    ;;
esac

target=$env/bin/python3
[ "$SOURCE" = global ] && target=$(python)
pip() { # of the target, else another's
    if [ "$SOURCE" = global ]; then
        [ -x /tmp/tools/bin/pip ] || python3 -m venv /tmp/tools
        /tmp/tools/bin/python -m pip --python "$target" "$@" --break-system-packages
    elif "$target" -m pip --version >/dev/null 2>&1; then
        "$target" -m pip "$@"
    else
        [ -x /tmp/tools/bin/pip ] || python3 -m venv /tmp/tools
        /tmp/tools/bin/python -m pip --python "$target" "$@"
    fi
}

if [ "$RELEASE" != none ]; then
    wanted="nvidia-pytriton==$RELEASE numpy<2"
    if [ "${FORCE:-no}" = yes ]; then
        site=$("$target" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
        # shellcheck disable=SC2046,SC2086
        pip install $quiet $(offline /wheels) --target "$site" --no-deps --only-binary=:all: \
            --platform manylinux_2_35_x86_64 --ignore-requires-python "nvidia-pytriton==$RELEASE"
        wanted=$("$target" - "$site" <<'PY'
import glob, sys
print(*(line.split(":", 1)[1].split(";")[0].replace(" ", "")
        for path in glob.glob(sys.argv[1] + "/nvidia_pytriton-*/METADATA") for line in open(path)
        if line.startswith("Requires-Dist:") and "extra" not in line and "numpy" not in line), "numpy")
PY
        )
    fi
    # shellcheck disable=SC2046,SC2086
    pip install $quiet $(offline /wheels) $wanted
fi
rm -rf /tmp/tools
