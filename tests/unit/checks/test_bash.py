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
            "bash-missing",
            note="another program",
            fires=with_launch(bash=None, bash_refused="/opt/tools/bash", bash_elsewhere="/opt/bin/bash"),
            silent=with_launch(bash="/opt/tools/bash", bash_script="/opt/tools/bash"),
            says=("/opt/tools/bash is another program", "export PATH=/opt/bin:/usr/bin:/bin"),
        ),
        Case(
            "bash-changes-launch",
            note="script",
            fires=with_launch(
                bash_script="/opt/tools/bash",
                bash_elsewhere="/opt/bin/bash",
                bash_env_breaks=True,
                bash_env_effects=("line 2: unset LD_LIBRARY_PATH",),
            ),
            silent=with_launch(bash_script="/opt/tools/bash", bash_elsewhere="/opt/bin/bash"),
            says=("bash is a script: /opt/tools/bash", "export PATH=/opt/bin:/usr/bin:/bin"),
        ),
        Case(
            "bash-changes-launch",
            note="may",
            severity="warning",
            fires=with_launch(bash_env="/home/alice/.env", bash_env_may_break=("line 3: exit",)),
            silent=with_launch(bash_env="/home/alice/.env", bash_env_effects=("line 3: PATH+=:/x",)),
            says=("may keep it from starting", "line 3: exit"),
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
