#!/bin/sh
# A link in site-packages: link TARGET PATH.
set -eu
ln -s "$1" "$site/$2"
