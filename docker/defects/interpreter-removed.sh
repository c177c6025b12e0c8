#!/bin/sh
# The Python that the venv was made with is gone.
set -eu
for name in python python3; do ln -sfn /opt/removed/bin/python3 "$env/bin/$name"; done
