"""The hosts: sound ones, those with a fault of their own, and those that cannot be asked."""

from __future__ import annotations

from tests.hosts import images
from tests.hosts.images import CONDA, INFERENCE, OLD, SERVICE
from tests.hosts.machines import Host

#: what an inventory knows and nothing that is written may hold
SECRETS = ("correct-horse-battery", "staple-of-become", "hf_" + "Ab1" * 12)

_CONDA = {"tritondoctor_target": ["--prefix", CONDA]}
_OLD = {"tritondoctor_environment": {"LD_LIBRARY_PATH": OLD}}
_LISTEN = (
    "python3 -c \"import socket, time; s = socket.socket(); s.bind(('0.0.0.0', 8001)); s.listen(); "
    'time.sleep(1e6)" &'
)
#: accepts every connection (the kernel does), and says nothing
_FROZEN = (
    "mkdir -p /run/sshd; /usr/sbin/sshd -D -e & until [ -s /run/sshd.pid ]; do sleep 0.1; done; "
    "kill -STOP $!; wait"
)

SOUND = (
    Host("sound-1"),
    Host(
        "sound-2",
        variables={
            "ansible_user": images.OPERATOR, "tritondoctor_become_user": SERVICE,
            "ansible_become_password": SECRETS[1], "tritondoctor_environment": {"HF_TOKEN": SECRETS[2]},
        },
    ),
    *(Host(f"sound-{number}") for number in range(3, 8)),
)  # fmt: skip

#: what no check sees: code that runs at start hides a package, and hides that it does; the cure of the
#: rest is applied, the proof fails, and it is taken back
TRAP = Host(
    "a-trap-1", errors=("libpython-missing",), variables=_CONDA,
    script=f"echo \"import sys; vars(sys)['mod' + 'ules']['wrapt'] = None\" "
    f"> {CONDA}/lib/python3.10/site-packages/sitecustomize.py; {CONDA}/bin/python -c ''",
)  # fmt: skip

FAULTY = (
    *(Host(f"conda-{number}", errors=("libpython-missing",), variables=_CONDA) for number in range(1, 4)),
    *(Host(f"old-{number}", errors=("libstdcxx-too-old",), variables=_OLD) for number in range(1, 3)),
    Host(
        "without-zmq-1", errors=("package-missing",),
        script=f"rm -r {INFERENCE}/lib/python3.11/site-packages/zmq",
    ),
    Host("port-1", errors=("port-in-use",), script=_LISTEN),
    Host(
        "unsafe-1", errors=("workspace-path-unsafe",),
        variables={"tritondoctor_environment": {"PYTRITON_HOME": "/srv/our models"}},
    ),
    Host(
        "noexec-1", errors=("workspace-noexec",), options={"tmpfs": {"/srv/work": "noexec"}},
        variables={"tritondoctor_environment": {"PYTRITON_HOME": "/srv/work"}},
    ),
    Host(
        "read-only-1", errors=("temporary-not-writable", "workspace-not-writable"),
        options={"read_only": True, "tmpfs": {"/run": ""}},
    ),
)  # fmt: skip

SILENT = (
    Host("gone-1", "unreachable", said="port 22", image=None, variables={"ansible_password": SECRETS[0]}),
    # not waited for as long as those that work
    Host(
        "hanging-1", "timed-out", script="echo 'kill -STOP $$' > /root/.bashrc",
        variables={"tritondoctor_deadline": 4},
    ),
    Host("frozen-1", "timed-out", said="banner", sshd=_FROZEN),
    Host("bare-1", "no-python", said="no Python was found", image=images.bare),
    Host("outdated-1", "no-python", said="python3 is 3.8.", image=images.outdated),
)  # fmt: skip

ALL = (TRAP, *SOUND, *FAULTY, *SILENT)
#: of each kind one that costs little; two with the same plan
_SLICE = ["a-trap-1", "sound-2", "conda-1", "conda-2", "read-only-1", "gone-1", "hanging-1", "bare-1"]
SLICE = tuple(one for one in ALL if one.name in _SLICE)
