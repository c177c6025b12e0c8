#!/bin/sh
# Prints the host record of this node: record.sh [ROLE [CHECK-OPTION...]]; options replace those of slurm.conf.
# shellcheck source=common.sh
. "${0%/*}/common.sh"

role=${1:-${SLURM_JOB_PARTITION:-}}
[ $# -eq 0 ] || shift
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $options

began=$(milliseconds)
said=$(check "$@" --json 2>&1)
status=$?
took=$(($(milliseconds) - began))
report=$(printf '%s\n' "$said" | sed -n '/^{$/,/^}$/p')
answer=failed
case $status:$said in
    [01]:*) [ -z "$report" ] || answer=report said= ;;
    124:* | 137:*) answer=timed-out said="no answer within $deadline s" ;;
    # nobody finds python3; or the one file says that it is too old
    127:*python3* | 3:*'there is no python3'* | 2:*'needs Python'*) answer=no-python said=$(printf '%s\n' "$said" | head -n 1) ;;
esac
[ "$answer" = report ] || report=
record "$node" "$role" "$answer" "$(printf '%s\n' "$said" | tail -n 1)" "$took" "$report"
