#!/bin/sh
# HealthCheckProgram: drains this node if PyTriton would not start on it, with the finding's id as reason,
# and returns it to service once it is repaired, if the drain is ours. See docs/fleet.md.
# shellcheck source=common.sh
. "${0%/*}/common.sh"

# slurmd starts the next one even while the last one still runs
exec 9>/run/tritondoctor.lock
flock -n 9 || { tell "$node stays as it is: the last check still runs"; exit 0; }

if examine; then
    if [ -n "$findings" ]; then
        drain
    elif [ ! -e "$sound" ]; then
        take_back
    fi
fi
# always 0: newer slurmds do not register while it fails
exit 0
