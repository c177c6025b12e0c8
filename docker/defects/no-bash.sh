#!/bin/sh
# An image without bash.
set -eu
rm -f /bin/bash /usr/bin/bash
