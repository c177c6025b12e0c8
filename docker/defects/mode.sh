#!/bin/sh
# Changes the mode of a file of site-packages: mode MODE PATH.
set -eu
chmod "$1" "$site/$2"
