"""Findings about PATH and the bash that starts the stub."""

from __future__ import annotations

from tests.unit.build import with_launch
from tests.unit.checks.case import Case, FindingTests


class TestBash(FindingTests):
    CASES = (
        Case(
            "path-unset",
            fires=with_launch(server_path=None),
            silent=with_launch(server_path="/home/alice/venv/bin:"),
            says=("PATH", "export PATH="),
        ),
        Case(
            "bash-missing",
            fires=with_launch(bash=None),
            silent=with_launch(bash=None, server_path=None),
            says=("bash", "apt-get install bash"),
        ),
        Case(
            "bash-missing",
            note="elsewhere",
            fires=with_launch(bash=None, bash_elsewhere="/opt/bin/bash"),
            silent=with_launch(bash_elsewhere="/opt/bin/bash"),
            says=("export PATH=/usr/bin:/bin:/opt/bin",),
        ),
        Case(
            "bash-changes-launch",
            fires=with_launch(
                bash_env="/home/alice/.env", bash_env_breaks=True, bash_env_effects=("line 3 exits",)
            ),
            silent=with_launch(bash_env="/home/alice/.env", bash_env_effects=("line 3 sets LANG",)),
            says=("BASH_ENV=/home/alice/.env", "line 3 exits", "unset BASH_ENV"),
        ),
    )
