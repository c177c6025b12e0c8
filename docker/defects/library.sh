#!/bin/sh
# A folder with a library in it: library FOLDER MATERIAL [NAME].
set -eu
mkdir -p "$1"
cp "/materials/$2" "$1/${3:-${2##*:}}"
chmod -R a+rX "$1"
