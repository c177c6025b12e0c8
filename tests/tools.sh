#!/usr/bin/env bash
# Brings the programs that the tests use beyond Python: sandboxes for real starts, old and new libraries of
# Debian, a Docker engine, shells, a browser.  Where it may not install them, it says what is skipped.
set -euo pipefail

# the command, Debian's packages that bring it, Fedora's where their names differ (not tried), what is not
# tested without it
tools="
bwrap       bubblewrap          -                         real starts of PyTriton in sandboxes
mmdebstrap  mmdebstrap          -                         libraries of older and newer Debian releases
dockerd     docker.io,iptables  moby-engine,iptables-nft  containers and images
ssh         openssh-client      openssh-clients           fleets over SSH
pkill       procps              procps-ng                 processes that are ended
strace      strace              -                         what a check asks of the file system
valgrind    valgrind            -                         instructions that a check takes
tmux        tmux                -                         screens as a person sees them
gcc         gcc,libc6-dev       gcc,glibc-devel           libraries made for a test
chromium    chromium            -                         the HTML pages in a browser
dash        dash                -                         activation in dash
fish        fish                -                         activation in fish
tcsh        tcsh                -                         activation in tcsh
zsh         zsh                 -                         activation in zsh
"

missing=() packages=() fedora_packages=()
while read -r command debian fedora purpose; do
    [ -n "$command" ] || continue
    command -v "$command" >/dev/null && continue
    missing+=("$command: $purpose")
    packages+=(${debian//,/ })
    [ "$fedora" = - ] && fedora=$debian
    fedora_packages+=(${fedora//,/ })
done <<<"$tools"
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing what the tests use: ${packages[*]}"
    if apt-get update -qq && apt-get install -qq -y "${packages[@]}" >/dev/null; then
        exit 0
    fi
    echo "apt-get failed."
fi
echo "These programs are missing, so the tests of these subjects are skipped:"
printf '  %s\n' "${missing[@]}"
if command -v apt-get >/dev/null; then
    echo "To test them too: sudo apt-get install ${packages[*]}"
elif command -v dnf >/dev/null; then
    echo "To test them too: sudo dnf install ${fedora_packages[*]}"
fi
