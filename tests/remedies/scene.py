"""A small prefix, and a fix with operations of every kind on it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.remedies.tree import Tree, tree
from tritondoctor.checks.edits import Link, Mode, Move
from tritondoctor.remedies.journal import Journal, begin
from tritondoctor.remedies.operations import Operation, PutFile, Remove, Transaction

#: a package manager that writes, replaces, appends in place, and removes
MANAGER = """
import os, sys
prefix = sys.argv[1]
open(f"{prefix}/conda-meta/history", "a").write("one more\\n")
os.makedirs(f"{prefix}/lib/new/deep")
open(f"{prefix}/lib/new/deep/file", "w").write("new")
os.unlink(f"{prefix}/lib/libold.so"); open(f"{prefix}/lib/libold.so", "w").write("newer")
os.unlink(f"{prefix}/share/doc/readme"); os.rmdir(f"{prefix}/share/doc")
if sys.argv[2:]: sys.exit(1)
"""


class Scene:
    """A small prefix, and operations of every kind on it."""

    def __init__(self, folder: Path) -> None:
        self.prefix = folder / "prefix"
        self.variables = {"XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}
        for path, text in {
            "lib/libold.so": "old",
            "lib/text": "text",
            "lib/replaced": "before",
            "lib/goes": "goes",
            "bin/program": "#!",
            "shadow/__init__.py": "x = 1",
            "conda-meta/history": "first\n",
            "share/doc/readme": "read",
        }.items():
            (self.prefix / path).parent.mkdir(parents=True, exist_ok=True)
            (self.prefix / path).write_text(text)
        (self.prefix / "lib/link").symlink_to("text")
        (self.prefix / "bin/program").chmod(0o640)
        os.link(self.prefix / "lib/libold.so", folder / "cache")  # as conda's own cache holds it
        source = folder / "source"
        source.write_text("after")
        source.chmod(0o755)
        manager = folder / "manager.py"
        manager.write_text(MANAGER)
        path = str(self.prefix)
        command = (sys.executable, "-I", str(manager), path)
        staged = {f"{path}/lib/new/deep/file": str(source), f"{path}/lib/libold.so": str(source)}
        self.transaction = Transaction(command, path, staged, (f"{path}/share/doc/readme",))
        self.operations: list[Operation] = [
            self.transaction,
            Link(f"{path}/libs/a/libx.so", "../../lib/text", new_folder=True),
            Link(f"{path}/lib/link", "replaced"),
            PutFile(f"{path}/lib/replaced", str(source)),
            PutFile(f"{path}/pkg/module.py", str(source)),
            Mode(f"{path}/bin/program", 0o755),
            Move(f"{path}/shadow", f"{path}/my_shadow"),
            Remove(f"{path}/lib/goes"),
        ]

    def begin(self) -> Journal:
        return begin(self.variables, str(self.prefix), "/python", ("title",))

    def tree(self) -> Tree:
        return tree(self.prefix)

    def killed_at(self, number: int, work: Callable[[Callable[[str], None]], object]) -> bool:
        """Runs `work` in a child that kills itself at a step; whether that step was reached."""
        child = os.fork()
        if child == 0:
            count = 0

            def hook(step: str) -> None:
                nonlocal count
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                count += 1

            work(hook)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
        return os.WIFSIGNALED(status)
