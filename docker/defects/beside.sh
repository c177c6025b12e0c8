#!/bin/sh
# A file beside the script has a module's name.
set -eu
mkdir -p "$(dirname "/home/ana/$1")"
echo 'raise SystemExit("not the module that was meant")' >"/home/ana/$1"
