#!/bin/sh
# Puts a text in the place of files of site-packages, as a pointer of Git LFS does.
set -eu
for path in "$site"/$1; do
    echo 'version https://git-lfs.github.com/spec/v1' >"$path"
done
