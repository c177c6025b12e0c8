"""Startup code that ends Python: each text is really run, as `sitecustomize` or as a .pth file's line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tritondoctor.facts.interpreter import startup_code
from tritondoctor.facts.interpreter.answer import CodeLine
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.loader import Files

MODULES = [
    "import sys; sys.exit(3)",
    "import sys\nsys.exit()",
    "from sys import exit as leave\nleave('no')",
    "import sys as system\nsystem.exit(0)",
    "import os\nos._exit(0)",
    "import os as o\no.abort()",
    "raise SystemExit",
    "raise SystemExit('a licence is missing')",
    "exit(1)",
    "quit()",
    "import os\nos.execv('/bin/true', ['true'])",
    "import os\nos.execl('/bin/true', 'true')",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "import sys\ndef check():\n    sys.exit(1)\ncheck()",
    "import sys\ndef check():\n    return\n    sys.exit(1)\ncheck()",
    "import sys\ndef check():\n    sys.exit(1)\n",
    "import sys\nif True:\n    sys.exit(1)",
    "import sys\nif sys.platform == 'win32':\n    sys.exit(1)",
    "import sys\nif sys.version_info < (3, 3):\n    sys.exit(1)",
    "import sys\nif sys.version_info >= (3, 3):\n    sys.exit(1)",
    "import sys\nif __name__ == '__main__':\n    sys.exit(1)",
    "import os, sys\nif 'SURELY_NOT_SET' in os.environ:\n    sys.exit(1)",
    "import os, sys\nif 'SURELY_NOT_SET' not in os.environ:\n    raise ImportError\nsys.exit(1)",
    "import sys\ntry:\n    sys.exit(1)\nexcept SystemExit:\n    pass",
    "import sys\ntry:\n    sys.exit(1)\nexcept:\n    pass",
    "import sys\ntry:\n    sys.exit(1)\nexcept Exception:\n    pass",
    "import os\ntry:\n    os._exit(1)\nexcept BaseException:\n    pass",
    "import sys\ntry:\n    import not_there_at_all\nexcept ImportError:\n    sys.exit('install it')",
    "import sys\ntry:\n    import json\nexcept ImportError:\n    sys.exit('install it')",
    "import sys\ntry:\n    import json\nexcept ImportError:\n    pass\nelse:\n    sys.exit(1)",
    "import sys\ntry:\n    pass\nfinally:\n    sys.exit(1)",
    "import not_there_at_all\nimport sys\nsys.exit(1)",
    "raise ValueError\nimport sys\nsys.exit(1)",
    "import sys\nclass Exit:\n    pass\nprint(end='')",
    "import contextlib, sys\nwith contextlib.suppress(SystemExit):\n    sys.exit(1)",
    "import sys\nwith open('/dev/null'):\n    sys.exit(1)",
    "import other",
    "from other import anything",
    "try:\n    import other\nexcept ImportError:\n    pass",
    "import _json, _struct\nimport sys\nsys.exit(1)",
    "sys.exit(1)",
    "this is no Python",
    "",
]
LINES = [
    "import sys; sys.exit(3)",
    "import os; os._exit(0)",
    "import other",
    "import not_there_at_all; import sys; sys.exit(1)",
    "import sys; exit(1)",
    "import sys; raise SystemExit",
    "import sys; 'x' in sys.modules and sys.exit(1)",
    "import sys; exec('if False: sys.exit(1)')",
]


def _ends(files: list[CodeLine], folder: Path) -> bool:
    interpreter = Interpreter(
        path=sys.executable, starts=True, version=".".join(map(str, sys.version_info[:3])),
        sys_path=(str(folder), *(path for path in sys.path if path)), stdlib=os.path.dirname(os.__file__),
    )  # fmt: skip
    return any(code.ends for code in startup_code.judged(Files(), interpreter, files, {}))


def _really_ends(python: str, **variables: str) -> bool:
    program = [python, "-c", "print('alive')"]
    done = subprocess.run(program, env=variables, capture_output=True, text=True, check=False)
    return "alive" not in done.stdout


@pytest.mark.parametrize("text", MODULES)
def test_sitecustomize(text: str, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("import sys\nsys.exit(5)\n")
    path = tmp_path / "sitecustomize.py"
    path.write_text(text)
    ends = _ends([CodeLine(str(path), "import sitecustomize")], tmp_path)
    assert ends == _really_ends(sys.executable, PYTHONPATH=str(tmp_path))


@pytest.mark.parametrize("text", LINES)
def test_line_of_a_pth_file(text: str, tmp_path: Path) -> None:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folder = tmp_path / "lib" / version / "site-packages"
    folder.mkdir(parents=True)
    (folder / "other.py").write_text("import sys\nsys.exit(5)\n")
    (folder / "a.pth").write_text(text + "\n")
    ends = _ends([CodeLine(str(folder / "a.pth"), text)], folder)
    assert ends == _really_ends(_without_venv(), PYTHONUSERBASE=str(tmp_path), HOME=str(tmp_path))


def _without_venv() -> str:
    """In a venv there is no user site."""
    return str(vars(sys)["_base_executable"])
