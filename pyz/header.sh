test -n "$(command -v python3)" || {
    echo "tritondoctor: there is no python3 on PATH. Type: /path/to/python3 -I $0" >&2
    exit 3
}
trap 'exit 3' 0
exec python3 -I -S ${PYTHONDONTWRITEBYTECODE:+-B} "$0" "$@"
) # Only a shell that runs nothing reads as far as this: SHELLOPTS=noexec. Type: env -u SHELLOPTS ./tritondoctor.pyz
