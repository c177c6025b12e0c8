#!/bin/sh
# A folder with a link to the interpreter's own libpython: libpython-folder FOLDER.
set -eu
mkdir -p "$1"
for path in "$(dirname "$(dirname "$(readlink -f "$target")")")"/lib/libpython3.*.so.1.0; do
    ln -s "$path" "$1/"
done
