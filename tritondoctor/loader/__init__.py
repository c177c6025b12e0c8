"""A model of the dynamic loader (ld.so): what it would load, from where, by which rule, and what it
lacks.

It executes nothing that it inspects.
"""

from __future__ import annotations

from .cache import Cache
from .elf import ElfFile, VersionNeed, read_elf
from .files import Change, Copy, Data, Files, Gone, Link
from .header import Abi, BadElf, Skipped, WrongClass, WrongMachine
from .linkmap import Process, start
from .model import LoadedObject, Opened, Problem
from .search import Tried
from .symbols import Symbol, dynamic_symbols, symbol_bytes
from .system import System, default_interpreter, read_system

__all__ = [
    "Abi",
    "BadElf",
    "Cache",
    "Change",
    "Copy",
    "Data",
    "ElfFile",
    "Files",
    "Gone",
    "Link",
    "LoadedObject",
    "Opened",
    "Problem",
    "Process",
    "Skipped",
    "Symbol",
    "System",
    "Tried",
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
