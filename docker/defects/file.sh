#!/bin/sh
# An empty file.
set -eu
mkdir -p "$(dirname "$1")"
rm -rf "$1"
: >"$1"
