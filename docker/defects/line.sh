#!/bin/sh
# A file with one line in it: line PATH TEXT.
set -eu
path=$1
shift
mkdir -p "$(dirname "$path")"
echo "$*" >"$path"
