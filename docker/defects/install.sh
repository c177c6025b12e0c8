#!/bin/sh
# Another version of a package: install wheel:REQUIREMENT.
set -eu
"$target" -m pip install -q --disable-pip-version-check --no-index --no-deps --force-reinstall "/materials/$1"/*.whl
