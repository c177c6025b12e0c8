"""The workspace's path (HOME, XDG_CACHE_HOME, PYTRITON_HOME): its characters, length and links."""

from __future__ import annotations

from tests.truth.declare import environment
from tests.truth.place import Place


@environment("workspace-path-unsafe", cases={"space": "a b"})
def path_that_bash_splits(place: Place, name: str) -> None:
    """PyTriton splits the server's command at the space."""
    place.set(PYTRITON_HOME=place.here / name)


@environment(
    "workspace-path-unsafe",
    cases={"quote": "a'b", "dollar": "a$b", "paren": "a(b)", "ampersand": "a&b", "braces": "a{c,d}"},
)
def path_that_bash_reads_otherwise(place: Place, name: str) -> None:
    """Triton gives the stub's path to bash unquoted."""
    place.set(PYTRITON_HOME=place.here / name)


@environment(cases={"star": "a*b", "brackets": "a[b]c", "hash": "#a", "tilde": "~a", "colon": "a:b",
                    "comma": "a,b=c", "percent": "a%20b", "bang": "a!b"})  # fmt: skip
def path_that_only_looks_unsafe(place: Place, name: str) -> None:
    """Characters that bash leaves alone where nothing matches."""
    place.set(PYTRITON_HOME=place.here / name)


@environment("workspace-path-unsafe")
def home_with_a_space(place: Place) -> None:
    """The default follows HOME."""
    place.set(HOME=place.here / "my home")


@environment("workspace-path-unsafe")
def variable_in_path_unset(place: Place) -> None:
    """PYTRITON_HOME written with a variable that is not set."""
    place.set(PYTRITON_HOME="$NOT_SET/pytriton")


@environment()
def variable_in_path_set(place: Place) -> None:
    """PyTriton expands variables in PYTRITON_HOME."""
    place.set(PYTRITON_HOME="$PLACE/pytriton", PLACE=place.here)


def _path_of(length: int, place: Place) -> str:
    return f"{place.here}/".ljust(length, "l")


@environment(cases={"62": 62, "64": 64})
def path_just_short_enough(place: Place, length: int) -> None:
    """The stub's socket has at most 107 bytes."""
    place.set(PYTRITON_HOME=_path_of(length, place))


@environment("workspace-path-too-long", cases={"66": 66, "70": 70, "120": 120})
def path_too_long_for_a_socket(place: Place, length: int) -> None:
    """The kernel's limit of a socket's path."""
    place.set(PYTRITON_HOME=_path_of(length, place))


@environment("workspace-path-not-ascii", python=("3.11", "3.13"), cases={"utf-8": "C.UTF-8", "c": "C"})
def accents_in_path(place: Place, locale: str) -> None:
    """From 3.11 on the stub's Python is ASCII in any locale."""
    place.set(PYTRITON_HOME=place.here / "josé", LC_ALL=locale)


@environment(python=("3.8", "3.10"))
def accents_in_path_for_older_python(place: Place) -> None:
    """Up to 3.10 the stub's Python follows the locale."""
    place.set(PYTRITON_HOME=place.here / "josé", LANG="C.UTF-8")


@environment("workspace-path-not-ascii", python="3.8")
def accents_in_path_posix(place: Place) -> None:
    """… also where the locale is POSIX."""
    place.set(PYTRITON_HOME=place.here / "josé", LC_ALL="POSIX")


@environment("home-unset")
def no_home(place: Place) -> None:
    """A service without HOME."""
    place.unset("HOME")


@environment(
    cases={
        "xdg-empty": {"XDG_CACHE_HOME": ""},
        "xdg-relative": {"XDG_CACHE_HOME": "cache"},
        "home-empty": {"PYTRITON_HOME": ""},
        "relative": {"PYTRITON_HOME": "rel"},
    }
)
def unusual_place(place: Place, variables: dict[str, str]) -> None:
    """The workspace comes to lie in or below the working directory."""
    place.set(**variables)


@environment()
def home_is_a_link(place: Place) -> None:
    """HOME leads through links to another folder."""
    (place.here / "h1").symlink_to("h2")
    (place.here / "h2").symlink_to(place.home)
    place.set(HOME=place.here / "h1")


@environment("workspace-path-unsafe")
def home_is_a_link_to_a_path_with_space(place: Place) -> None:
    """The link's name is harmless, what it leads to is not."""
    (place.here / "my files").mkdir()
    (place.here / "h").symlink_to("my files")
    place.set(HOME=place.here / "h")


@environment()
def home_is_a_harmless_link_of_a_bad_name(place: Place) -> None:
    """The link's name has a space, and PyTriton uses what it leads to."""
    (place.here / "my home").symlink_to(place.home)
    place.set(HOME=place.here / "my home")


@environment()
def cache_is_a_dangling_link(place: Place) -> None:
    """~/.cache leads to a folder that is not there yet; PyTriton makes it."""
    (place.home / ".cache").symlink_to("../scratch/cache")


@environment("workspace-not-writable")
def cache_is_a_link_to_nowhere(place: Place) -> None:
    """~/.cache leads to where nobody makes folders."""
    (place.home / ".cache").symlink_to("/proc/scratch")


@environment("workspace-not-writable")
def cache_is_a_link_to_itself(place: Place) -> None:
    """~/.cache is a link in a circle."""
    (place.home / ".cache").symlink_to(".cache")


@environment("workspace-path-too-long")
def short_link_to_a_long_path(place: Place) -> None:
    """HOME is short, and leads to a path that is too long for a socket."""
    long = place.here / ("l" * 60)
    long.mkdir()
    (place.here / "h").symlink_to(long)
    place.set(HOME=place.here / "h")


@environment("workspace-path-unsafe", cases={"tab": "a\tb", "semicolon": "a;b", "backslash": "a\\b",
                                             "newline": "a\nb"})  # fmt: skip
def path_with_rare_characters(place: Place, name: str) -> None:
    """More that bash does not pass on as it is."""
    place.set(PYTRITON_HOME=place.here / name)


@environment(cases={"up": "{here}/x/../y", "slashes": "{here}//y//", "dot": "./y"})
def path_written_oddly(place: Place, path: str) -> None:
    """Paths that are no normal form."""
    (place.here / "x").mkdir()
    place.set(PYTRITON_HOME=path.format(here=place.here))


@environment(python=("3.10", "3.11"))
def home_relative(place: Place) -> None:
    """HOME is a relative path."""
    place.set(HOME="../home")
