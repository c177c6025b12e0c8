#!/bin/sh
# HealthCheckProgram: drains this node where PyTriton would not start on it, with the finding's id as reason,
# and returns it to service once it is healed, if the drain is ours. See docs/fleet.md.
# shellcheck source=common.sh
. "${0%/*}/common.sh"

# slurmd starts the next one however long the last one takes
exec 9>/run/tritondoctor.lock
flock -n 9 || { tell "$node stays as it is: the last check still runs"; exit 0; }

if examine; then
    if [ -n "$findings" ]; then
        drain
    elif [ ! -e "$sound" ]; then
        take_back
    fi
fi
# always: newer slurmds do not register while it fails
exit 0
