"""The ELF header and the checks that decide between the next candidate and the end of a search.

Source of the rules: `open_verify` in glibc's elf/dl-load.c, and sysdeps/gnu/ldsodefs.h.
"""

from __future__ import annotations

import itertools
import struct
from typing import Optional

import msgspec

from .files import Open

ET_EXEC, ET_DYN = 2, 3
EM_386, EM_X86_64, EM_AARCH64 = 3, 62, 183
OSABI_GNU = 3
GNU_ABI_VERSIONS = {EM_X86_64: 4, EM_386: 4}
DEFAULT_ABI_VERSIONS = 3


class BadElf(Exception):  # noqa: N818
    """A file that ends the search, with the loader's own message."""

    def __init__(self, reason: str, number: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.errno = number


class Skipped(Exception):  # noqa: N818
    """An object for another kind of process: the loader skips it and continues the search."""


class WrongClass(Skipped):
    """The ELFCLASS differs from that of the process."""


class WrongMachine(Skipped):
    """The e_machine differs from that of the process."""


class Abi(msgspec.Struct, frozen=True):
    """The kind of object that a process can map."""

    bits: int
    machine: int
    little: bool = True


class Header(msgspec.Struct, frozen=True):
    """The fields of the ELF header that a loader uses."""

    abi: Abi
    type: int
    osabi: int
    phoff: int
    phnum: int


class Segment(msgspec.Struct, frozen=True):
    """A program header."""

    type: int
    flags: int
    offset: int
    vaddr: int
    filesz: int
    memsz: int
    align: int


def read_header(opened: Open, abi: Optional[Abi] = None) -> Header:
    """Read the header, checked for a process of this `abi`; without `abi`, any class and machine pass.

    Raises BadElf, WrongClass, WrongMachine.
    """
    try:
        raw = opened.read(0, 64)
    except OSError as failure:
        raise BadElf("cannot read file data", failure.errno or 0) from failure
    bits = abi.bits if abi else (32 if raw[4:5] == b"\x01" else 64)
    if len(raw) < (64 if bits == 64 else 52):
        raise BadElf("file too short")
    if raw[:4] != b"\x7fELF":
        raise BadElf("invalid ELF header")
    if raw[4] not in (1, 2) or (raw[4] == 2) != (bits == 64):
        raise WrongClass(f"wrong ELF class: ELFCLASS{96 - bits}")
    little = abi.little if abi else raw[5] == 1
    if raw[5] != (1 if little else 2):
        raise BadElf(f"ELF file data encoding not {'little' if little else 'big'}-endian")
    if raw[6] != 1:
        raise BadElf("ELF file version ident does not match current one")
    order = "<" if little else ">"
    kind, machine, version = struct.unpack_from(order + "HHI", raw, 16)
    if raw[7] not in (0, OSABI_GNU):
        raise BadElf("ELF file OS ABI invalid")
    known = GNU_ABI_VERSIONS.get(abi.machine if abi else machine, DEFAULT_ABI_VERSIONS)
    if raw[8] and not (raw[7] == OSABI_GNU and raw[8] < known):
        raise BadElf("ELF file ABI version invalid")
    if any(raw[9:16]):
        raise BadElf("nonzero padding in e_ident")
    if version != 1:
        raise BadElf("ELF file version does not match current one")
    if abi and machine != abi.machine:
        raise WrongMachine(f"ELF machine {machine}")
    if kind not in (ET_EXEC, ET_DYN):
        raise BadElf("only ET_DYN and ET_EXEC can be loaded")
    if bits == 64:
        (phoff,) = struct.unpack_from(order + "Q", raw, 32)
        phentsize, phnum = struct.unpack_from(order + "HH", raw, 54)
    else:
        (phoff,) = struct.unpack_from(order + "I", raw, 28)
        phentsize, phnum = struct.unpack_from(order + "HH", raw, 42)
    if phentsize != (56 if bits == 64 else 32):
        raise BadElf("ELF file's phentsize not the expected size")
    return Header(Abi(bits, machine, little), kind, raw[7], phoff, phnum)


def read_segments(opened: Open, header: Header) -> tuple[Segment, ...]:
    """Read the program headers. Raises BadElf if the file ends before them."""
    order = "<" if header.abi.little else ">"
    wide = header.abi.bits == 64
    size = 56 if wide else 32
    raw = opened.read(header.phoff, header.phnum * size)
    if len(raw) != header.phnum * size:
        raise BadElf("cannot read file data")
    if wide:  # without the physical address, and in the order of `Segment`
        return tuple(itertools.starmap(Segment, struct.iter_unpack(order + "IIQQ8xQQQ", raw)))
    fields = struct.iter_unpack(order + "IIIIIIII", raw)
    return tuple(Segment(f[0], f[6], f[1], f[2], f[4], f[5], f[7]) for f in fields)
