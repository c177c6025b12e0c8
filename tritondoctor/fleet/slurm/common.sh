# shellcheck shell=sh
# Shared by the scripts beside it. POSIX sh, since it starts on every node, again and again.

# Slurm sets no PATH; slurm.conf may add to this one
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

doctor=/opt/tritondoctor/tritondoctor.pyz
options=
environment=
user=nobody
deadline=8
folder=/etc/tritondoctor
# tried first: a mistake in it would end a prolog, and so drain the node
# shellcheck source=/dev/null
if mistake=$( (. "$folder/slurm.conf") 2>&1); then
    # shellcheck source=/dev/null
    . "$folder/slurm.conf"
    mistake=
fi
[ -n "$options" ] || mistake=${mistake:-options= names no environment}

node=${SLURMD_NODENAME:-$(hostname -s)}
#: exists while there is no drain of ours to take back, so that a sound node never asks the controller
sound=/run/tritondoctor.sound
#: what running jobs cause for a time: it counts only while no job runs
passing='port-in-use memory-too-low shared-memory-unusable temporary-not-writable workspace-no-space no-pty'

tell() {
    echo "tritondoctor: $*" >&2
    logger -t tritondoctor -- "$*" 2>/dev/null || :
}

#: a job has its own: limits, and the home folder with its workspace
jobs_own='--ignore limit-too-low'
case " $environment" in
    *' PYTRITON_HOME='*) ;;
    *) for fault in not-writable no-space noexec; do jobs_own="$jobs_own --ignore workspace-$fault"; done ;;
esac

# `tritondoctor check` with the options given; ends as it ends, or with 124 or 137 at the deadline.
#
# root runs it as another user, since it starts the target's interpreter, and root should not run what others
# may have written; and with variables of slurm.conf only, since the node is examined, not a job.
check() {
    if [ "$(id -u)" != 0 ]; then
        timeout -k 2 "$deadline" "$doctor" check "$@"
        return
    fi
    # tritondoctor.toml of the working directory: what is ignored and required
    # shellcheck disable=SC2086
    (cd "$folder" && umask 022 && exec timeout -k 2 "$deadline" setpriv --reuid="$user" \
        --regid="$(id -g "$user")" --init-groups --no-new-privs --inh-caps=-all --reset-env \
        env PATH="$PATH" LANG=C.UTF-8 $environment "$doctor" check "$@" $jobs_own)
}

# Sets `findings` to the ids of what keeps PyTriton from starting on this node, the first cause first.
# Fails if that is unknown: then the node must not be judged.
examine() {
    if [ -n "$mistake" ]; then
        tell "$node stays as it is: $folder/slurm.conf: $mistake"
        return 1
    fi
    ! busy || was_busy=1
    # shellcheck disable=SC2086
    output=$(check $options --format github 2>&1)
    status=$?
    findings=$(ids error)
    # a policy may make warnings fail
    [ -n "$findings" ] || findings=$(ids warning)
    case $status:$findings in
        0:*) findings= ;;
        1:?*) leave_out_passing ;;
        124:* | 137:*) cannot_tell "no answer within $deadline s" ;;
        *) cannot_tell "it ended with $status: $(printf '%s\n' "$output" | tail -n 1)" ;;
    esac
}

cannot_tell() {
    tell "$node stays as it is: the doctor failed: $1"
    return 1
}

# The ids of the annotations of one severity: a title holds no colon and ends with the id.
ids() {
    printf '%s\n' "$output" | sed -n "s/^::$1 title=[^:]*(\([a-z0-9-]*\))::.*/\1/p"
}

# Whether a job runs here; the node knows it without the controller.
busy() {
    cat /proc/[0-9]*/comm 2>/dev/null | grep -qx slurmstepd
}

# Fails if only findings that jobs cause are left: not sound, but not the node's fault.
leave_out_passing() {
    [ -n "${was_busy:-}" ] || busy || return 0
    kept=
    for id in $findings; do
        case " $passing " in *" $id "*) ;; *) kept="$kept $id" ;; esac
    done
    findings=$kept
    [ -n "$findings" ]
}

# Sets `state` and `reason` of this node; sinfo would make the controller send every node.
ask() {
    shown=$(timeout 10 scontrol show node "$node" 2>&1) || {
        tell "$node: scontrol: $(printf '%s\n' "$shown" | tail -n 1)"
        return 1
    }
    state=$(printf '%s\n' "$shown" | sed -n '/^   State=/{s/^   State=\([^ ]*\).*/\1/p;q;}')
    reason=$(printf '%s\n' "$shown" | sed -n '/^   Reason=/{s/^   Reason=\(.*\) \[.*/\1/p;q;}')
}

update() {
    message=$(timeout 10 scontrol update NodeName="$node" "$@" 2>&1) || {
        tell "$node: scontrol update $*: $(printf '%s\n' "$message" | tail -n 1)"
        return 1
    }
}

# Takes the node out of service for `findings`, unless somebody else has: the reason stays theirs.
drain() {
    # shellcheck disable=SC2086
    set -- $findings
    why="tritondoctor: $1"
    [ $# -eq 1 ] || why="$why (+$(($# - 1)))"
    ask || return
    case $state in
        *DRAIN* | *DOWN* | *FAIL*)
            case $reason in
                "$why") return 0 ;;
                'tritondoctor: '*) ;;
                *) tell "$node: $why; left as it is ($state: $reason)"; return 0 ;;
            esac
            ;;
    esac
    update State=DRAIN Reason="$why" || return
    # after the update: whoever makes the mark meanwhile asks the controller afterwards
    rm -f "$sound"
    tell "$node: drained: $why; see: $doctor check $options"
}

# Returns the node to service if `drain` drained it.
take_back() {
    : >"$sound"
    ask || { rm -f "$sound"; return 1; }
    case $state in *DRAIN*) ;; *) return 0 ;; esac
    case $reason in 'tritondoctor: '*) ;; *) return 0 ;; esac
    # UNDRAIN and not RESUME: a node that is down for another reason stays down
    update State=UNDRAIN || { rm -f "$sound"; return 1; }
    tell "$node: returned to service, was drained for ${reason#tritondoctor: }"
}

milliseconds() {
    date +%s%3N
}

# Prints a host record (schema tritondoctor.host/1): HOST ROLE ANSWER MESSAGE MILLISECONDS [REPORT]
record() {
    role_json=null
    [ -z "$2" ] || role_json="\"$(plain "$2")\""
    printf '{"schema": "tritondoctor.host/1", "host": "%s", "role": %s, "answer": "%s", "said": "%s", ' \
        "$(plain "$1")" "$role_json" "$3" "$(plain "$4")"
    printf '"seconds": %d.%03d, "report": %s}\n' $(($5 / 1000)) $(($5 % 1000)) "${6:-null}"
}

# A text as part of a JSON string.
plain() {
    printf '%s' "$1" | LC_ALL=C tr -cd '\40-\176' | sed 's/["\\]/\\&/g'
}
