"""Files of two Pythons in one process: one's packages or standard library on the path of another."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause
from tritondoctor.support.messages import mark

_PACKAGES = r"python(?P<found>3\.\d+)/(?:site|dist)-packages/"
_VARIABLE = mark("PYTHONPATH (or a .pth file)")
_WHY = mark("it leads to the packages of Python {found}, and Python {minor} runs.")
_FIX = (
    "`unset PYTHONPATH`, and start again. If it was not set, a .pth file in site-packages of the Python "
    "that runs names that folder: `grep -r python3 SITE-PACKAGES/*.pth` finds it. `tritondoctor check` "
    "names the variable."
)
_NUMPY = (
    'File "/other/lib/python3.10/site-packages/numpy/core/__init__.py", line 50, in <module>\\n    raise '
    "ImportError(msg)\\n"
)

SIGNS = (
    cause(
        "setting-invalid",
        _PACKAGES + r"numpy/.*\n[^\n]*The Python version is: Python(?!(?P=found)\b)(?P<minor>3\.\d+)",
        _NUMPY + '  * The Python version is: Python3.13 from "/e/bin/python"',
        source="PYTHONPATH=/other/lib/python3.10/site-packages, Python 3.13, PyTriton 0.7.0", plain=True,
        ends=True, whole=True, variable=_VARIABLE, why=_WHY, fix=_FIX,
        explains=("package-not-loadable", "package-missing"), needles=(b"The Python version is",),
    ),
    cause(
        "setting-invalid",
        _PACKAGES + r".*/lib\d*/python(?!(?P=found)/)(?P<minor>3\.\d+)/(?!(?:site|dist)-packages/).*\n"
        r"[^\n]*(?:ModuleNotFoundError: No module named '\w+\.[\w.]+'|"
        r"ImportError: cannot import name [^\n]*)\s*\Z",
        'File "/other/lib/python3.10/site-packages/gevent/_util.py", line 148, in import_c_accel\\n    '
        'mod = importlib.import_module(cname)\\n  File "/opt/lib/python3.13/importlib/__init__.py", '
        "line 88, in import_module\\nModuleNotFoundError: No module named 'gevent._gevent_c_hub_local'",
        source="the same, and a program that imports PyTriton before NumPy", plain=True, ends=True,
        whole=True, variable=_VARIABLE,
        why=mark("it leads to the packages of Python {found}, and the standard library is that of Python "
                 "{minor}."),
        fix=_FIX, needles=(b"rror",),
    ),
    cause(
        "setting-invalid", r"^AssertionError: SRE module mismatch", "AssertionError: SRE module mismatch",
        source="PYTHONPATH that leads to the standard library of Python 3.10, and Python 3.13",
        plain=True, ends=True, variable="PYTHONPATH or PYTHONHOME",
        why=mark("it leads to the standard library of another Python than the one that runs."),
        fix="`unset PYTHONPATH PYTHONHOME`, and start again. If neither is set, the files of two Pythons "
        "are mixed in one folder: the paths in the traceback show which; make a new environment.",
        needles=(b"SRE module",),
    ),
)  # fmt: skip
