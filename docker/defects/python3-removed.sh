#!/bin/sh
# The environment has no `python3`, only `python`.
set -eu
real=$(readlink -f "$env/bin/python3")
rm "$env"/bin/python*
ln -s "$real" "$env/bin/python"
