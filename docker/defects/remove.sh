#!/bin/sh
# Takes files or folders out of site-packages.
set -eu
for name in "$@"; do
    [ -e "$site/$name" ] || { echo "there is no $name in $site" >&2; exit 1; }
    rm -rf "${site:?}/$name"
done
