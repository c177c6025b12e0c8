"""What an ld.so has compiled in, read from its file; it is never run.

Sources: `SYSTEM_DIRS` (glibc's elf/Makefile, trusted-dirs.h), `DL_DST_LIB`, `LD_SO_CACHE`,
`_dl_hwcaps_subdirs`; for musl its ldso/dynlink.c.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Literal, Optional

import msgspec

from tritondoctor.support.numbers import whole
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit

from .cache import MAX_ENTRIES, Cache
from .elf import ElfFile, read_elf
from .files import Files
from .header import EM_AARCH64, EM_X86_64, Abi, BadElf, Skipped
from .hwcaps import Cpu, legacy_cache_bits, legacy_subdirs, read_cpu

DIRECTORIES = pattern(rb"\0(?:/[\x21-\x7e]*/\0)+")
BANNER = pattern(rb"(?:ld\.so \(|GNU C Library )[^\0]* release version (\d+)\.(\d+)")
SUBDIRS = pattern(r"x86-64-v\d(?::x86-64-v\d)*")
INTERPRETERS = {
    (64, EM_X86_64): "/lib64/ld-linux-x86-64.so.2",
    (64, EM_AARCH64): "/lib/ld-linux-aarch64.so.1",
}
FALLBACK_DIRS = ("/lib/", "/usr/lib/")


class System(msgspec.Struct, frozen=True):
    """A dynamic loader and what it was built with.

    `version` is (0, 0) if it could not be read. `default_dirs` end
    with a slash; `subdirs` are searched, in this order, before each directory itself.
    """

    interpreter: str
    libc: Literal["glibc", "musl"]
    abi: Abi
    elf: ElfFile
    version: tuple[int, int]
    default_dirs: tuple[str, ...]
    lib: str
    cpu: Cpu
    hwcaps: tuple[str, ...]
    subdirs: tuple[str, ...]
    cache_path: str = "/etc/ld.so.cache"
    preload_path: str = "/etc/ld.so.preload"

    @property
    def platform(self) -> str:
        """The value of $PLATFORM."""
        return self.cpu.platform

    def cache(self, files: Files) -> Optional[Cache]:
        """Return the library cache in these files; None if there is none that this loader would use."""
        of_view = files.view_memory()
        place = ("cache", self.cache_path, self.abi, self.hwcaps, self.version, self.cpu)
        if place not in of_view:
            of_view[place] = self._cache(files)
        cache: Optional[Cache] = of_view[place]
        return cache

    def _cache(self, files: Files) -> Optional[Cache]:
        """The same, where this view of the files has not been asked."""
        try:
            stat = files.stat(self.cache_path)
            bits = legacy_cache_bits(self.cpu) if self.version < (2, 37) else 0
            key = ("cache", stat.identity, self.abi, self.hwcaps, bits)
            if key not in files.memory():
                files.memory()[key] = self._read_cache(files, bits)
            known: Optional[Cache] = files.memory()[key]
        except OSError:
            return None
        return known

    def _read_cache(self, files: Files, bits: int) -> Optional[Cache]:
        try:
            cache = Cache(files.read(self.cache_path, Limit.CACHE), self.abi, self.hwcaps, bits)
        except ValueError:
            return None
        if cache.count > MAX_ENTRIES:
            files.leave_out(self.cache_path, f"has more than {MAX_ENTRIES:,} entries")
        return cache


def read_system(
    files: Files, interpreter: str, cpu_level: Optional[int] = None, cpuinfo: Optional[str] = None
) -> System:
    """Read the loader at `interpreter`. `cpu_level` (1 to 4) replaces that of the host's processor.

    Raises OSError, BadElf or Skipped if the file is not a loader that could be started.
    """
    elf = read_elf(files, interpreter)
    content = files.read(interpreter, Limit.LOADER)
    cpu = read_cpu(elf.abi.machine, cpuinfo)
    if cpu_level is not None:
        cpu = Cpu(cpu_level, cpu.platform, cpu.legacy)
    if b"ld-musl-" in content or b"Error loading shared library" in content:
        dirs = _musl_dirs(files, interpreter)
        return System(
            interpreter=interpreter, libc="musl", abi=elf.abi, elf=elf, version=(0, 0), default_dirs=dirs,
            lib="lib", cpu=cpu, hwcaps=(), subdirs=(), cache_path="", preload_path="",
        )  # fmt: skip
    dirs = _default_dirs(content)
    version = banner_version(content) or _libc_version(files, interpreter, dirs) or _from_definitions(elf)
    levels = next(filter(SUBDIRS.fullmatch, _strings(content, b"\0x86-64-v")), "")
    hwcaps = tuple(part for part in levels.split(":") if part and int(part[-1]) <= cpu.level)
    legacy = legacy_subdirs(cpu) if version < (2, 37) else ()
    subdirs = (*(f"glibc-hwcaps/{level}" for level in hwcaps), *legacy)
    return System(
        interpreter=interpreter,
        libc="glibc",
        abi=elf.abi,
        elf=elf,
        version=version,
        default_dirs=dirs,
        lib=_dst_lib(dirs),
        cpu=cpu,
        hwcaps=hwcaps,
        subdirs=subdirs,
        cache_path=_configured(content, b"ld.so.cache"),
        preload_path=_configured(content, b"ld.so.preload"),
    )


def default_interpreter(elf: ElfFile) -> Optional[str]:
    """Return the loader for an object without PT_INTERP; None for an unknown machine."""
    for name in elf.needed:
        if name.startswith("libc.musl-"):
            return "/lib/ld-musl-" + name[len("libc.musl-") :]
    return INTERPRETERS.get((elf.abi.bits, elf.abi.machine))


def _default_dirs(content: bytes) -> tuple[str, ...]:
    for match in DIRECTORIES.finditer(content):
        names = match.group().strip(b"\0").decode().split("\0")
        if all("/lib" in name for name in names):
            return tuple(names)
    return FALLBACK_DIRS


def _dst_lib(dirs: tuple[str, ...]) -> str:
    """Return DL_DST_LIB: the last component of the first directory; with multiarch the last two."""
    parts = dirs[0].strip("/").split("/")
    if len(parts) > 1 and parts[-2] in ("lib", "lib64") and "-linux-" in parts[-1]:
        return "/".join(parts[-2:])
    return parts[-1]


def _configured(content: bytes, name: bytes) -> str:
    found = (string for string in _strings(content, b"/" + name + b"\0") if string.startswith("/"))
    return next(found, "/etc/" + name.decode())


def _strings(content: bytes, part: bytes) -> Iterator[str]:
    """Yield the strings around each occurrence of `part`, which may include a NUL at either end."""
    place = content.find(part)
    while place >= 0:
        start = content.rfind(b"\0", 0, place + len(part) - 1) + 1
        end = content.find(b"\0", start)
        yield content[start:end].decode("utf-8", "surrogateescape")
        place = content.find(part, place + 1)


def banner_version(content: bytes) -> Optional[tuple[int, int]]:
    """Return the release in the banner of a glibc object; None without a banner."""
    place = content.find(b" release version ")
    while place >= 0:
        found = BANNER.search(content, max(place - 200, 0), place + 40)
        if found:
            return int(found.group(1)), int(found.group(2))
        place = content.find(b" release version ", place + 1)
    return None


def _libc_version(files: Files, interpreter: str, dirs: tuple[str, ...]) -> Optional[tuple[int, int]]:
    beside = posixpath.dirname(files.realpath(interpreter)) + "/"
    for folder in (beside, *dirs):
        try:
            found = banner_version(files.read(folder + "libc.so.6", Limit.LOADER))
        except OSError:
            continue
        if found:
            return found
    return None


def _from_definitions(elf: ElfFile) -> tuple[int, int]:
    found = [re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?", name) for name in elf.versions]
    return max(((whole(m[1]), whole(m[2])) for m in found if m), default=(0, 0))


def _musl_dirs(files: Files, interpreter: str) -> tuple[str, ...]:
    name = re.search(r"ld-musl-([^/]+)\.so\.1$", interpreter)
    prefix = interpreter.rpartition("/lib/")[0]
    try:
        path = f"{prefix}/etc/ld-musl-{name.group(1) if name else ''}.path"
        listed = files.read(path, Limit.SETTINGS)
    except OSError:
        return ("/lib/", "/usr/local/lib/", "/usr/lib/")
    parts = re.split(r"[:\n]", listed.decode("utf-8", "surrogateescape"))
    return tuple(part.rstrip("/") + "/" for part in parts if part)


__all__ = ["BadElf", "Skipped", "System", "default_interpreter", "read_system"]
