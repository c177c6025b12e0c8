#!/bin/sh
# A host record of every node for `tritondoctor fleet report DIR`: gather.sh DIR [OPTION-OF-SINFO...]
#
# Run it as root where srun works: --no-allocate needs no queue, and reaches nodes that are full or drained.
# One srun for each node: its output needs no shared folder, and one that hangs does not delay the others.
here=$(cd "${0%/*}" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

at_a_time=32

# DIR NODE ROLE STATE
gather_node() {
    began=$(milliseconds)
    part=$1/.$2
    rm -f "$part"
    case $4 in
        *\*) answer=unreachable output="not responding ($4)" ;;
        *)
            output=$(timeout -k 2 $((deadline + 10)) srun --quiet --no-allocate --nodelist="$2" --ntasks=1 \
                --chdir=/ "$here/record.sh" "$3" 2>&1 >"$part" </dev/null)
            case $?:$output in
                124:*) answer=timed-out output="srun had no answer within $((deadline + 10)) s" ;;
                *'timed out'*) answer=timed-out output=$(printf '%s\n' "$output" | head -n 1) ;;
                *) answer=unreachable output=$(printf '%s\n' "$output" | head -n 1) ;;
            esac
            ;;
    esac
    # a record ends with its brace: one that was cut off does not count
    [ "$(tail -c 2 "$part" 2>/dev/null)" = '}' ] ||
        record "$2" "$3" "$answer" "$output" $(($(milliseconds) - began)) >"$part"
    mv "$part" "$1/$2.json"
}

if [ "$1" = --node ]; then
    shift
    gather_node "$@"
    exit
fi
[ $# -gt 0 ] || { echo "usage: gather.sh DIR [OPTION-OF-SINFO...]" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "gather.sh: srun --no-allocate is for root: see docs/fleet.md" >&2; exit 2; }
dir=$1
shift
mkdir -p "$dir" || exit 2
nodes=$(sinfo --noheader --Node --format='%N %R %T' "$@") || exit 2
# a node is listed once for each of its partitions
printf '%s\n' "$nodes" | sort -u -k1,1 | xargs -P "$at_a_time" -L 1 "$here/gather.sh" --node "$dir"
