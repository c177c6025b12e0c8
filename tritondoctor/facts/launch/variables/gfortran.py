"""The units of GNU Fortran's run-time library, which NumPy's OpenBLAS brings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

from tritondoctor.facts.launch.model import RefusedVariable
from tritondoctor.facts.launch.variables.view import LaunchView
from tritondoctor.support.numbers import whole

#: libgfortran/runtime/environ.c, `variable_table`
_UNITS = {"GFORTRAN_STDIN_UNIT": 5, "GFORTRAN_STDOUT_UNIT": 6, "GFORTRAN_STDERR_UNIT": 0}


def refused(view: LaunchView) -> Iterator[RefusedVariable]:
    """Units of the same number end the process that loads it (libgfortran/io/unit.c, `init_units` and
    `insert`); negative ones are not used.
    """
    library = view.library("libgfortran")
    if library is None:
        return
    numbers = {name: _number(view.variables.get(name), usual) for name, usual in _UNITS.items()}
    for name in _UNITS:
        same = [other for other in _UNITS if other != name and numbers[other] == numbers[name] >= 0]
        if name in view.variables and same:
            yield RefusedVariable(name, library, "same-unit", (), same[0])


def _number(value: Optional[str], usual: int) -> int:
    """`init_integer`: what is no number is ignored, nothing at all is 0."""
    if value is None or not re.fullmatch(r"-?\d*", value):
        return usual
    digits = value.lstrip("-")
    return (-whole(digits) if value.startswith("-") else whole(digits)) if digits else 0
