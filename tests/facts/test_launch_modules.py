"""Whatever a real launch imports is followed: a module that is not could be missing unseen."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import MINORS, interpreters
from tests.truth import stock
from tritondoctor import facts
from tritondoctor.facts.imports import closure
from tritondoctor.facts.imports.scene import Scene
from tritondoctor.facts.interpreter.question import Question
from tritondoctor.target import Named, find_target

LAUNCH = """
import json, sys
before = set(sys.modules)
import pytriton.triton, pytriton.client, pytriton.decorators, pytriton.model_config
print(json.dumps(sorted(set(sys.modules) - before)))
"""
#: compiled twins without which Python goes on, and names in sys.modules that are no files
DONE_WITHOUT = {"_blake2", "_decimal", "_md5", "_sha1", "_sha256", "_sha3"} | {
    "__mp_main__", "cython_runtime", "typing.io", "typing.re",
}  # fmt: skip
#: imported by compiled modules that are opened, and found below packages that are followed
BY_COMPILED = ("_cython_", "zope", "gevent._interfaces", "gevent.libev")


@pytest.mark.parametrize("minor", MINORS)
def test_every_module_of_a_launch_is_followed(
    minor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if interpreters().get(minor) is None:
        pytest.skip(f"no Python {minor} here")
    python = f"{stock.pytriton(minor, '0.7.0')}/bin/python"
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [python, "-c", LAUNCH], env=variables, capture_output=True, text=True, check=True
    )
    real = {name for name in json.loads(done.stdout) if not name.startswith(BY_COMPILED)}

    followed: list[closure.Closure] = []

    class Recorded(closure.Closure):
        def __init__(self, scene: Scene) -> None:
            super().__init__(scene)
            followed.append(self)

    monkeypatch.setattr(closure, "Closure", Recorded)
    target = find_target(variables, str(tmp_path), Named(python=python))
    facts.observe(target, Question(target))
    (client,) = (process for process in followed if process.scene.role == "client")
    assert real - client.results.keys() - DONE_WITHOUT == set()
