#!/bin/sh
# A folder that belongs to root and that nobody else may write to.
set -eu
mkdir -p "$1"
chown root:root "$1"
chmod 755 "$1"
