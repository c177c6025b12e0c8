"""Logs of real starts of Python 3.13 with PYTHONPATH at the packages or the library of Python 3.10."""

from __future__ import annotations

import io

import pytest

from tritondoctor.logs.read import read
from tritondoctor.logs.verdict import LogVerdict, explain

#: a program that imports NumPy first
NUMPY = """\
Traceback (most recent call last):
  File "/other/lib/python3.10/site-packages/numpy/core/__init__.py", line 24, in <module>
    from . import multiarray
  File "/other/lib/python3.10/site-packages/numpy/core/overrides.py", line 8, in <module>
    from numpy.core._multiarray_umath import (
        add_docstring,  _get_implementing_args, _ArrayFunctionDispatcher)
ModuleNotFoundError: No module named 'numpy.core._multiarray_umath'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/other/lib/python3.10/site-packages/numpy/__init__.py", line 130, in <module>
    from numpy.__config__ import show as show_config
  File "/other/lib/python3.10/site-packages/numpy/core/__init__.py", line 50, in <module>
    raise ImportError(msg)
ImportError:

IMPORTANT: PLEASE READ THIS FOR ADVICE ON HOW TO SOLVE THIS ISSUE!

Importing the numpy C-extensions failed. This error can happen for
many reasons, often due to issues with your setup or how NumPy was
installed.

Please note and check the following:

  * The Python version is: Python3.13 from "/e/bin/python"
  * The NumPy version is: "1.26.4"

and make sure that they are the versions you expect.

Original error was: No module named 'numpy.core._multiarray_umath'


The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/serve.py", line 1, in <module>
    import numpy as np
  File "/other/lib/python3.10/site-packages/numpy/__init__.py", line 135, in <module>
    raise ImportError(msg) from e
ImportError: Error importing numpy: you should not try to import numpy from
        its source directory; please exit the numpy source tree, and relaunch
        your python interpreter from there.
"""
#: a program that imports PyTriton first
GEVENT = """\
Traceback (most recent call last):
  File "/srv/serve.py", line 1, in <module>
    import pytriton.triton
  File "/other/lib/python3.10/site-packages/pytriton/client/client.py", line 47, in <module>
    import gevent
  File "/other/lib/python3.10/site-packages/gevent/_hub_local.py", line 154, in <module>
    import_c_accel(globals(), 'gevent.__hub_local')
    ~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/other/lib/python3.10/site-packages/gevent/_util.py", line 148, in import_c_accel
    mod = importlib.import_module(cname)
  File "/opt/python/lib/python3.13/importlib/__init__.py", line 88, in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
           ~~~~~~~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
ModuleNotFoundError: No module named 'gevent._gevent_c_hub_local'
"""
#: PYTHONPATH at the standard library of Python 3.10
LIBRARY = """\
Traceback (most recent call last):
  File "/srv/serve.py", line 1, in <module>
    import numpy as np
  File "/e/lib/python3.13/site-packages/numpy/compat/py3k.py", line 21, in <module>
    from pathlib import Path
  File "/opt/python/lib/python3.10/re.py", line 125, in <module>
    import sre_compile
  File "/opt/python/lib/python3.10/sre_compile.py", line 17, in <module>
    assert _sre.MAGIC == MAGIC, "SRE module mismatch"
AssertionError: SRE module mismatch
"""


def _explain(text: str) -> LogVerdict:
    return explain(read(io.BytesIO(text.encode())))


@pytest.mark.parametrize("log", [NUMPY, GEVENT])
@pytest.mark.parametrize("prefix", ["", "triton-1  | "])
def test_the_packages_of_another_python(log: str, prefix: str) -> None:
    (cause,) = _explain("\n".join(prefix + line for line in log.split("\n"))).causes
    assert cause.finding.id == "setting-invalid"
    assert "PYTHONPATH" in str(cause.finding.title)
    assert "Python 3.10" in str(cause.finding.explanation)
    assert "unset PYTHONPATH" in cause.fix


@pytest.mark.parametrize(("log", "id"), [(NUMPY, "package-not-loadable"), (GEVENT, "package-missing")])
def test_the_packages_of_this_python_are_another_matter(log: str, id: str) -> None:
    assert _explain(log.replace("python3.10", "python3.13")).causes[0].finding.id == id


def test_numpys_advice_belongs_to_the_traceback_before_it() -> None:
    far = NUMPY.replace("IMPORTANT:", "a line of another process\n" * 40 + "IMPORTANT:")
    assert _explain(far).causes[0].finding.id == "package-not-loadable"


def test_the_standard_library_of_another_python() -> None:
    (cause,) = _explain(LIBRARY).causes
    assert cause.finding.id == "setting-invalid"
    assert "PYTHONPATH or PYTHONHOME" in str(cause.finding.title)
    assert _explain("AssertionError: SRE module mismatch").causes[0].finding.id == "setting-invalid"
