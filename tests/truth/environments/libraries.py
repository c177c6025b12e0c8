"""The C and C++ libraries, and every other one, as LD_LIBRARY_PATH and LD_PRELOAD bring them."""

from __future__ import annotations

import os

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent

LIBSTDCXX = "libstdc++.so.6"


@environment("libstdcxx-too-old", cases=("first", "last"))
def old_libstdcxx(place: Place, where: str) -> None:
    """The second failure of the notes; the wheel's own folder comes last in any case."""
    elements = [str(place.debian("bullseye", LIBSTDCXX)), place.base.lib]
    place.library_path(*(elements if where == "first" else reversed(elements)))


@environment("libstdcxx-too-old")
def old_libstdcxx_preloaded(place: Place) -> None:
    """LD_PRELOAD beats every path."""
    place.set(LD_PRELOAD=place.debian("bullseye", LIBSTDCXX) / LIBSTDCXX)


@environment("libstdcxx-too-old")
def old_libstdcxx_in_preload_file(place: Place) -> None:
    """/etc/ld.so.preload holds for every program; what vGPU and hardening tools put there."""
    place.preload_file(f"{place.debian('bullseye', LIBSTDCXX) / LIBSTDCXX}\n")


@environment()
def preload_file_names_what_is_missing(place: Place) -> None:
    """The loader goes on without it (Project-HAMi/HAMi#1346)."""
    place.preload_file("/usr/local/vgpu/libvgpu.so\n")


@environment("libstdcxx-too-old", cases={"leading": ":{}", "trailing": "{}:", "inside": "/nope::{}"})
def old_libstdcxx_in_working_directory(place: Place, form: str) -> None:
    """An empty element means the working directory."""
    place.cwd = place.debian("bullseye", LIBSTDCXX)
    place.set(LD_LIBRARY_PATH=form.format(place.base.lib))


@environment("libstdcxx-too-old", python="3.13")
def empty_library_path(place: Place) -> None:
    """PyTriton joins its folder to an empty value, which leaves an empty element."""
    place.cwd = place.debian("bullseye", LIBSTDCXX)
    place.set(LD_LIBRARY_PATH="")


@environment("glibc-too-old")
def newer_libstdcxx(place: Place) -> None:
    """A remedy that is the next fault: it needs a newer glibc than there is."""
    glibc = os.confstr("CS_GNU_LIBC_VERSION") or ""
    if tuple(map(int, glibc.split()[1].split("."))) >= (2, 38):
        raise Absent("this machine's glibc is new enough for Debian 13's libstdc++")
    place.library_path(place.debian("trixie", LIBSTDCXX), place.base.lib)


@environment()
def older_libgcc(place: Place) -> None:
    """Debian 11's libgcc alone has all that is needed."""
    place.library_path(place.debian("bullseye", "libgcc_s.so.1"), place.base.lib)


@environment("libgcc-too-old")
def libgcc_of_long_ago(place: Place) -> None:
    """A libgcc with the versions of GCC 3.0 only."""
    folder = place.here / "gcc"
    place.compile(folder / "libgcc_s.so.1", "int nothing;", versions="GCC_3.0 { nothing; };")
    place.library_path(folder, place.base.lib)


@environment("library-too-old")
def libssl_of_long_ago(place: Place) -> None:
    """A library that the standard library's own modules need, without the versions they ask for."""
    folder = place.here / "ssl"
    place.compile(folder / "libssl.so.3", "int nothing;", versions="OPENSSL_2 { nothing; };")
    place.library_path(folder, place.base.lib)


@environment("library-refused")
def library_for_another_processor(place: Place) -> None:
    """A library that is marked for a level of x86-64 that no processor has."""
    if os.uname().machine != "x86_64":
        raise Absent("levels of the instruction set exist on x86-64 only")
    note = (
        'asm(".pushsection .note.gnu.property,\\"a\\"; .balign 8; .long 4, 16, 5; .asciz \\"GNU\\";"'
        '".long 0xc0008002, 4, 0x8000, 0; .popsection"); int nothing;'
    )
    folder = place.here / "ssl"
    place.compile(folder / "libssl.so.3", note, versions="OPENSSL_3.0.0 { nothing; };")
    place.library_path(folder, place.base.lib)


@environment("glibc-from-elsewhere")
def foreign_libm(place: Place) -> None:
    """Of another distribution's glibc only libm came along."""
    place.library_path(place.debian("bullseye", "libm.so.6"), place.base.lib)
    place.from_outside = True


@environment("glibc-from-elsewhere", cases=("libpthread.so.0", "librt.so.1"))
def part_of_an_older_glibc(place: Place, name: str) -> None:
    """Empty since glibc 2.34, and still named by NumPy and others: Python's dlopen binds them at once."""
    place.library_path(place.debian("bullseye", name), place.base.lib)
    place.from_outside = True


@environment("libstdcxx-too-old")
def old_libstdcxx_by_processor_level(place: Place) -> None:
    """The loader searches a folder's glibc-hwcaps first."""
    if os.uname().machine != "x86_64":
        raise Absent("these folders are for x86-64")
    folder = place.here / "lib"
    (folder / "glibc-hwcaps").mkdir(parents=True)
    old = place.debian("bullseye", LIBSTDCXX)
    old.rename(folder / "glibc-hwcaps/x86-64-v2")
    place.library_path(folder, place.base.lib)


@environment("libstdcxx-too-old")
def old_libstdcxx_relative(place: Place) -> None:
    """LD_LIBRARY_PATH=lib, in the working directory."""
    place.debian("bullseye", LIBSTDCXX).rename(place.cwd / "lib")
    place.library_path("lib", place.base.lib)


@environment()
def libstdcxx_of_another_machine(place: Place) -> None:
    """The loader passes over a library of another architecture."""
    folder = place.debian("bullseye", LIBSTDCXX)
    content = (folder / LIBSTDCXX).read_bytes()
    place.write(folder / LIBSTDCXX, content[:18] + b"\xf3\x00" + content[20:])
    place.library_path(folder, place.base.lib)


@environment()
def healthy_preload(place: Place) -> None:
    """A sound library is preloaded into every process."""
    library = place.here / "libhook.so"
    place.set(LD_PRELOAD=place.compile(library, "int hook(void) { return 1; }"))


@environment("library-damaged")
def text_as_libstdcxx(place: Place) -> None:
    """The loader does not pass over a file that is no library."""
    folder = place.write(place.here / "text" / LIBSTDCXX, "see ../lib64\n" * 20).parent
    place.library_path(folder, place.base.lib)


@environment("library-missing", cases={"numpy.libs": "numpy.libs", "pyzmq.libs": "pyzmq.libs"})
def libraries_of_a_wheel_removed(place: Place, name: str) -> None:
    """The folder beside a package with the libraries that its modules need."""
    place.remove(name)


@environment("glibc-from-elsewhere", cases=("bullseye", "trixie"))
def foreign_libc(place: Place, suite: str) -> None:
    """A folder of another distribution on LD_LIBRARY_PATH: nothing at all starts."""
    folder = os.path.dirname(stock.debian_library(suite, "libc.so.6"))
    place.library_path(folder, place.base.lib)
    place.from_outside = True


@environment(
    cases={
        "trailing-slash": "{lib}/",
        "twice": "{lib}:{lib}:{lib}",
        "semicolon": "/nope;{lib}",
        "dots": "{lib}/../lib/.",
        "missing-folders": "/nope:{lib}:/usr/local/cuda/lib64/stubs",
        "empty-element": ":{lib}",
        "double-slash": "/{lib}",
    }
)
def library_path_in_odd_forms(place: Place, form: str) -> None:
    """Spellings that the loader takes as well."""
    place.set(LD_LIBRARY_PATH=form.format(lib=place.base.lib))


@environment()
def library_path_through_links(place: Place) -> None:
    """A link to a link to the folder."""
    (place.here / "one").symlink_to(place.base.lib)
    (place.here / "two").symlink_to("one")
    place.library_path(place.here / "two")


@environment()
def library_path_relative(place: Place) -> None:
    """A relative element, from the working directory."""
    place.set(LD_LIBRARY_PATH=os.path.relpath(place.base.lib, place.cwd))


@environment(
    cases={
        "preload-missing": {"LD_PRELOAD": "/nonexistent/libx.so"},
        "debug": {"LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": "/dev/null"},
        "bind-now": {"LD_BIND_NOW": "1"},
        "audit-missing": {"LD_AUDIT": "/nonexistent.so"},
    }
)
def harmless_loader_variable(place: Place, variables: dict[str, str]) -> None:
    """The loader complains, or only talks."""
    place.set(**variables)


@environment("library-damaged")
def shared_library_of_interpreter_empty(place: Place) -> None:
    """An empty libpython first on LD_LIBRARY_PATH: the interpreter itself is shared and stops."""
    place.write(place.here / "lib/libpython3.11.so.1.0", "")
    place.library_path(place.here / "lib", place.base.lib)
    place.from_outside = True


@environment("libpython-missing", python="3.12")
def library_without_its_version(place: Place) -> None:
    """LD_LIBRARY_PATH has libpython3.so only, not the one that is asked for."""
    if stock.cached_by_loader("libpython3.12.so.1.0"):
        raise Absent("this machine's loader knows a libpython 3.12")
    place.library_path(place.folder_with("unversioned", f"{place.base.lib}/libpython3.so"))
