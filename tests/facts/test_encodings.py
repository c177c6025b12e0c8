"""Sources in odd encodings, each really imported beside the prediction (CPython's tokenizer decides)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tritondoctor.facts.imports.module_cache import Source
from tritondoctor.facts.imports.statements import imports_of

BOM = b"\xef\xbb\xbf"
SOURCES = {
    "latin-1 in a comment": b"# caf\xe9\nx = 1\n",
    "latin-1 in a comment behind code": b"x = 1\ny = 2 # caf\xe9\n",
    "latin-1 in a string": b"x = 'caf\xe9'\n",
    "latin-1 in a docstring": b'"""caf\xe9"""\n',
    "latin-1 in a name": b"caf\xe9 = 1\n",
    "a surrogate in a comment": b"x = 1\n# \xed\xa0\x80\n",
    "latin-1, stated": b"# -*- coding: latin-1 -*-\nx = 'caf\xe9'\n",
    "utf-8 stated, latin-1 in a comment": b"# coding: utf-8\nx = 1\n# \xe9\n",
    "utf-8 with an end of its own": b"# coding: UTF_8-unix\nx = 1\n",
    "ascii stated": b"# coding: ascii\n# \xc3\xa9\nx = 1\n",
    "utf-8-sig": b"# -*- coding: utf-8-sig -*-\nx = 1\n",
    "an encoding that nobody knows": b"# coding: nope\nx = 1\n",
    "… behind the second line": b"\n\n# coding: nope\nx = 1\n",
    "… behind code": b"x = 1\n# coding: nope\n",
    "… in the second line": b"#!/usr/bin/python\n# coding: nope\n",
    "no text encoding": b"# coding: rot13\nk = 1\n",
    "utf-16 stated": b"# coding: utf-16\nx = 1\n",
    "BOM": BOM + b"x = 1\n",
    "BOM and utf-8": BOM + b"# coding: utf-8\nx = 1\n",
    "BOM and latin-1": BOM + b"# coding: latin-1\nx = 1\n",
    "a page of a proxy": b"<!DOCTYPE html>\n<html><body>407</body></html>\n",
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "nothing but a comment": b"# nothing\n",
}


@pytest.mark.parametrize("content", SOURCES.values(), ids=SOURCES)
def test_prediction_is_what_python_does(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.py").write_bytes(content)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import m"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert _reads(content) == (done.returncode == 0), done.stderr


def _reads(content: bytes) -> bool:
    try:
        imports_of(Source(content).text, sys.version_info[:3])
    except (SyntaxError, UnicodeError):
        return False
    return True
