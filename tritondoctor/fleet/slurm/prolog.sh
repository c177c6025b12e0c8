#!/bin/sh
# Prolog: keeps a job off a node on which PyTriton would not start, and drains the node. See docs/fleet.md.
# shellcheck source=common.sh
. "${0%/*}/common.sh"

# srun --no-allocate is no job, but an administrator (or gather.sh) who examines the node; slurm.h: MIN_NOALLOC_JOBID
[ "${SLURM_JOB_ID:-0}" -lt 4294901760 ] || exit 0

examine || exit 0
[ -n "$findings" ] || exit 0
# Slurm drains it in any case ("Prolog error"), and keeps the reason that was first
drain
exit 1
