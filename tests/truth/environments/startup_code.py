"""Code at Python's start: sitecustomize.py and the lines of .pth files."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.truth.declare import environment
from tests.truth.place import Place


@environment("startup-code-changes-process")
def sitecustomize_hides_a_package(place: Place) -> None:
    """An import hook of the site refuses a module of the launch."""
    text = "import sys\nsys.modules['wrapt'] = None\n"
    place.write(place.packages / "sitecustomize.py", text)


@environment()
def sitecustomize_that_prints(place: Place) -> None:
    """A sitecustomize that talks at each start of Python."""
    place.write(place.packages / "sitecustomize.py", "import sys\nprint('hello', file=sys.stderr)\n")


@environment()
def sitecustomize_that_prints_to_stdout(place: Place) -> None:
    """… on standard output, where the doctor's question is answered."""
    place.write(place.packages / "usercustomize.py", "print('hello')\n")
    place.write(place.packages / "sitecustomize.py", "print('hello')\nprint('{}')\n")


@environment()
def pth_lines(place: Place) -> None:
    """Blank lines, comments, code and missing folders in .pth files."""
    place.write(place.packages / "odd.pth", "# odd\n\nimport os; os.environ.get('X')\n/nope\n../../..\n")


@environment()
def more_packages_by_pth(place: Place) -> None:
    """A .pth file adds a package of one's own, in another folder."""
    place.write(place.here / "mine/mine.py", "")
    place.write(place.packages / "mine.pth", f"{place.here}/mine\n")


@environment(
    "startup-code-changes-process",
    cases={
        "files": "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))\n",
        "file-size": "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))\n",
        "address-space": "import resource\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1000000000, 1000000000))\n",
        "warnings": "import warnings\nwarnings.simplefilter('error')\n",
        "module": "import sys\nsys.modules['grpc'] = None\n",
        "recursion": "import sys\nsys.setrecursionlimit(60)\n",
        "any-module": "import sys\nsys.modules.update({'pytriton.decorators': None})\n",
        "in-a-loop": "import sys\nfor name in ('queue', 'torch'):\n    sys.modules[name] = None\n",
        "in-a-function": "import sys\ndef main():\n    sys.modules['zmq'] = None\nmain()\n",
        "constant": "from resource import *\nlow = 50\nsetrlimit(RLIMIT_NOFILE, (low, low))\n",
        "search-path": "import sys\nsys.path = []\n",
        "finders": "import sys\nsys.meta_path.clear()\n",
        "hooks": "import sys\nsys.path_hooks.clear()\n",
        "stderr": "import sys\nsys.stderr.close()\n",
        "descriptor": "import os\nos.close(2)\n",
        "executable": "import sys\nsys.executable = None\n",
        "monkey": "import gevent.monkey\ngevent.monkey.patch_all()\n",
        "endless": "while True:\n    pass\n",
    },
)
def startup_code_that_stops_it(place: Place, text: str) -> None:
    """A sitecustomize.py that changes the process it runs in."""
    place.write(place.packages / "sitecustomize.py", text)


@environment(
    cases={
        "environ": "import os\nos.environ['EDITOR'] = 'vi'\n",
        "files": "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (1024, 4096))\n",
        "module": "import sys\nsys.modules['torch'] = None\n",
        "in-a-function": "import sys\ndef later():\n    sys.modules['grpc'] = None\n",
        "for-a-variable": "import os, sys\nif os.getenv('NOT_SET'):\n    sys.path = []\n",
        "hook": "import builtins\nreal = builtins.__import__\n"
        "builtins.__import__ = lambda name, *more, **named: real(name, *more, **named)\n",
        "signals": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n",
        "start-method": "import multiprocessing\nmultiprocessing.set_start_method('spawn')\n",
        "stderr": "import sys, io\nsys.stderr = io.StringIO()\n",
        "clock": "import time\ntime.monotonic = lambda: 0.0\n",
    },
)
def startup_code_that_does_no_harm(place: Place, text: str) -> None:
    """The same kinds of statements."""
    place.write(place.packages / "sitecustomize.py", text)


def _part_of_wrapt(folder: Path, place: Place) -> Path:
    """A folder with a package of that name, in which little of it is."""
    place.write(folder / "wrapt/__init__.py", "__version__ = '1.0'\n")
    return folder


@environment("package-shadowed")
def egg_before_the_packages(place: Place) -> None:
    """easy-install.pth, as setuptools wrote it: what it names comes before everything else."""
    egg = _part_of_wrapt(place.packages / "wrapt-1.0-py3.11.egg", place)
    lines = (
        "import sys; sys.__plen = len(sys.path)",
        f"./{egg.name}",
        "import sys; new=sys.path[sys.__plen:]; del sys.path[sys.__plen:]; "
        "p=getattr(sys,'__egginsert',0); sys.path[p:p]=new; sys.__egginsert = p+len(new)",
    )
    place.write(place.packages / "easy-install.pth", "\n".join(lines) + "\n")


@environment("package-shadowed")
def sitecustomize_that_puts_a_folder_first(place: Place) -> None:
    """A sitecustomize.py that says no more than where to look first, and an old package lies there."""
    folder = _part_of_wrapt(place.here / "company", place)
    text = f'"""Set up by the company."""\n\nimport sys\n\nsys.path.insert(0, "{folder}")\n'
    place.write(place.packages / "sitecustomize.py", text)


@environment()
def sitecustomize_that_adds_the_packages(place: Place) -> None:
    """What is imported lies only in a folder that a sitecustomize.py adds."""
    folder = place.here / "company"
    folder.mkdir()
    shutil.move(str(place.packages / "wrapt"), str(folder / "wrapt"))
    place.write(place.packages / "sitecustomize.py", f"import sys\nsys.path.append('{folder}')\n")
