"""Numbers of the ELF format, by the names that elf.h gives them: plain ones, for each object is compared
with many of them.
"""

from __future__ import annotations


class SegmentType:
    """`p_type` of a program header (PT_*)."""

    LOAD = 1
    DYNAMIC = 2
    INTERP = 3
    TLS = 7
    GNU_PROPERTY = 0x6474E553


class Tag:
    """`d_tag` of an entry of the dynamic section (DT_*)."""

    NEEDED = 1
    PLTRELSZ = 2
    HASH = 4
    STRTAB = 5
    SYMTAB = 6
    RELA = 7
    RELASZ = 8
    STRSZ = 10
    SONAME = 14
    RPATH = 15
    REL = 17
    RELSZ = 18
    PLTREL = 20
    JMPREL = 23
    BIND_NOW = 24
    RUNPATH = 29
    FLAGS = 30
    GNU_HASH = 0x6FFFFEF5
    VERSYM = 0x6FFFFFF0
    FLAGS_1 = 0x6FFFFFFB
    VERDEF = 0x6FFFFFFC
    VERNEED = 0x6FFFFFFE
    AUXILIARY = 0x7FFFFFFD
    FILTER = 0x7FFFFFFF


class Flags1:
    """Bits of DT_FLAGS_1 (DF_1_*)."""

    NOW = 1
    NOOPEN = 0x40
    NODEFLIB = 0x800
    PIE = 0x08000000
