#!/bin/sh
# Prolog: keeps a job off a node where PyTriton would not start, and drains the node. See docs/fleet.md.
# shellcheck source=common.sh
. "${0%/*}/common.sh"

# srun --no-allocate: no job, but an administrator who looks at the node (gather.sh does); slurm.h: MIN_NOALLOC_JOBID
[ "${SLURM_JOB_ID:-0}" -lt 4294901760 ] || exit 0

examine || exit 0
[ -n "$findings" ] || exit 0
# Slurm drains it in any case ("Prolog error"), and leaves the reason of who came first
drain
exit 1
