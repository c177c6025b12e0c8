#!/bin/sh
# Cuts files of site-packages to their first part: cut PATH BYTES (the disk was full).
set -eu
for path in "$site"/$1; do
    head -c "$2" "$path" >/tmp/cut
    cat /tmp/cut >"$path"
done
rm /tmp/cut
