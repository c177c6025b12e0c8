#!/bin/sh
# A module of site-packages ends in the middle of a statement: append PATH.
set -eu
echo 'from .x import (' >>"$site/$1"
