"""A model of the dynamic loader (ld.so): what it would load, from where, by which rule, what is missing.

It never executes what it inspects.
"""

from __future__ import annotations

from .cache import Cache
from .elf import ElfFile, VersionNeed, read_elf
from .files import Change, Copy, Data, Files, Gone, LinkChange
from .header import Abi, BadElf, Skipped, WrongClass, WrongMachine
from .linkmap import LoadedProcess, start
from .model import LoadedObject, Opened, Problem
from .seen_paths import SeenPaths
from .symbols import Symbol, dynamic_symbols, symbol_bytes
from .system import System, default_interpreter, read_system
from .tried import Candidate

__all__ = [
    "Abi",
    "BadElf",
    "Cache",
    "Candidate",
    "Change",
    "Copy",
    "Data",
    "ElfFile",
    "Files",
    "Gone",
    "LinkChange",
    "LoadedObject",
    "LoadedProcess",
    "Opened",
    "Problem",
    "SeenPaths",
    "Skipped",
    "Symbol",
    "System",
    "VersionNeed",
    "WrongClass",
    "WrongMachine",
    "default_interpreter",
    "dynamic_symbols",
    "read_elf",
    "read_system",
    "start",
    "symbol_bytes",
]
