#!/usr/bin/env bash
# Packs what run.sh needs on a machine without a network: wheels for CPython 3.12 on x86-64 in two folders of
# less than 60 MiB each, .whl-1 (PyTriton itself) and .whl-2 (what it and the doctor import, pip, libpython).
#
#   tests/gpu/pack.sh [PACKAGE...]
#
# libpython is the one of $PYTHON (default python3.12; it must have been built with --enable-shared),
# or the file that LIBPYTHON names, stripped and compressed; run.sh uses it only where the machine has none.
# It fits a Python of the same kind of build: Debian's and Ubuntu's have modules built in that others lack.
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

library=${LIBPYTHON:-$("$python" -c 'import sysconfig as s; print(s.get_config_var("LIBDIR"), s.get_config_var("INSTSONAME"), sep="/")')}
if [ -e "$library" ] && [[ $library == *.so* ]]; then
    cp "$library" ".whl-2/libpython$version.so.1.0"
    strip --strip-unneeded ".whl-2/libpython$version.so.1.0" && xz -9 ".whl-2/libpython$version.so.1.0"
else
    echo "pack.sh: $python has no shared libpython; none is packed" >&2
fi
du -sm .whl-1 .whl-2
