#!/usr/bin/env bash
# Packs what run.sh needs on a machine without a network: wheels for CPython 3.12 on x86-64 in two folders of
# less than 60 MiB each, .whl-1 (PyTriton itself) and .whl-2 (what it and the doctor import, pip, libpython).
#
#   tests/gpu/pack.sh [PACKAGE...]
#
# With the PACKAGE transformers, run.sh streams text from a language model, too.
#
# libpython is the one of $PYTHON (default python3.12; it must have been built with --enable-shared),
# or the files that LIBPYTHON names, each stripped and compressed; run.sh uses one only where the machine has none.
# A libpython fits a Python of the same build only: Debian's has modules built in (`_socket`) that pyenv's loads
# from files. Where the other machine's Python is not known, name several; run.sh takes the first that fits.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=${PYTHON_VERSION:-3.12}
python=${PYTHON:-python$version}
rm -rf .whl-1 .whl-2
mkdir .whl-1 .whl-2
platforms=()
for glibc in 35 34 31 28 27 24 17; do platforms+=(--platform "manylinux_2_${glibc}_x86_64"); done
"$python" -m pip download -q --only-binary=:all: --python-version "$version" --implementation cp \
    "${platforms[@]}" --platform manylinux2014_x86_64 --platform manylinux1_x86_64 --platform any -d .whl-2 \
    nvidia-pytriton==0.7.0 'numpy<2' msgspec nvidia-ml-py packaging psutil pyyaml rich 'typer<0.29' pip "$@"
mv .whl-2/nvidia_pytriton-*.whl .whl-1/

libraries=${LIBPYTHON:-$("$python" -c 'import sysconfig as s; print(s.get_config_var("LIBDIR"), s.get_config_var("INSTSONAME"), sep="/")')}
number=0
for library in $libraries; do
    if [ -e "$library" ] && [[ $library == *.so* ]]; then
        number=$((number + 1))
        cp "$library" ".whl-2/libpython$version.so.1.0-$number"
        strip --strip-unneeded ".whl-2/libpython$version.so.1.0-$number"
        xz -9 ".whl-2/libpython$version.so.1.0-$number"
    else
        echo "pack.sh: $library is no shared library; it is not packed" >&2
    fi
done
du -sm .whl-1 .whl-2
