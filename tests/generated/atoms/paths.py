"""Where the workspace comes to lie: HOME, XDG_CACHE_HOME, PYTRITON_HOME, and what lies there."""

from __future__ import annotations

import os

from tests.generated.atom import atom
from tests.truth.place import Place

NAMES = {
    "space": "a b", "quote": "a'b", "double-quote": 'a"b', "dollar": "a$b", "paren": "a(b",
    "ampersand": "a&b", "braces": "a{c,d}", "brace": "a{c}", "range": "a{1..3}", "star": "a*b",
    "question": "a?b", "brackets": "a[b]c", "hash": "#a", "tilde": "~a", "colon": "a:b",
    "equals": "a=b", "percent": "a%20b", "bang": "a!b", "backtick": "a`b", "pipe": "a|b", "less": "a<b",
    "caret": "a^b", "at": "a@b", "plus": "a+b", "accent": "josé", "chinese": "数据", "newline": "a\nb",
    "tab": "a\tb", "backslash": "a\\b", "semicolon": "a;b", "dash": "-a", "dots": "...a",
    "no-break-space": "a\u00a0b",
}  # fmt: skip


@atom("variables", {f"{name} {variable}": (variable, value) for name, value in NAMES.items()
                    for variable in ("PYTRITON_HOME", "XDG_CACHE_HOME", "HOME")})  # fmt: skip
def name_of_the_workspace(place: Place, case: tuple[str, str]) -> None:
    variable, name = case
    folder = place.here / name
    if variable == "HOME":
        folder.mkdir()
    place.variables[variable] = str(folder)


@atom("variables", {f"{length} {variable}": (variable, length) for length in (40, 58, 62, 64, 66, 80, 300)
                    for variable in ("PYTRITON_HOME", "XDG_CACHE_HOME", "HOME")},
      subject="name-of-the-workspace")  # fmt: skip
def length_of_the_workspace(place: Place, case: tuple[str, int]) -> None:
    variable, length = case
    tail = {"PYTRITON_HOME": "", "XDG_CACHE_HOME": "/pytriton", "HOME": "/.cache/pytriton"}[variable]
    short = max(length - len(tail), len(str(place.here)) + 2)
    path = f"{place.here}/".ljust(short, "l")
    path = "/".join(part[:200] for part in path.split("/"))
    if variable == "HOME":
        os.makedirs(path)
    place.variables[variable] = path


@atom("variables", {
    "pytriton-empty": {"PYTRITON_HOME": ""}, "pytriton-relative": {"PYTRITON_HOME": "work"},
    "pytriton-dot": {"PYTRITON_HOME": "."},
    "pytriton-tilde": {"PYTRITON_HOME": "~/w"},
    "pytriton-nobody": {"PYTRITON_HOME": "~no-such-user/w"},
    "pytriton-home": {"PYTRITON_HOME": "$HOME/w"}, "pytriton-braces": {"PYTRITON_HOME": "${HOME}/w"},
    "pytriton-unset": {"PYTRITON_HOME": "$NOPE/w"}, "pytriton-proc": {"PYTRITON_HOME": "/proc/w"},
    "pytriton-shm": {"PYTRITON_HOME": "/dev/shm/w"}, "pytriton-null": {"PYTRITON_HOME": "/dev/null"},
    "pytriton-file": {"PYTRITON_HOME": "/etc/hostname/w"}, "pytriton-tmp": {"PYTRITON_HOME": "/tmp"},
    "pytriton-slashes": {"PYTRITON_HOME": "//tmp///w//"}, "pytriton-up": {"PYTRITON_HOME": "../w"},
    "pytriton-space": {"PYTRITON_HOME": " /tmp/w"}, "pytriton-loop": {"PYTRITON_HOME": "loop"},
    "xdg-empty": {"XDG_CACHE_HOME": ""}, "xdg-relative": {"XDG_CACHE_HOME": "cache"},
    "xdg-tilde": {"XDG_CACHE_HOME": "~/c"}, "xdg-variable": {"XDG_CACHE_HOME": "$HOME/c"},
    "xdg-file": {"XDG_CACHE_HOME": "/etc/hostname"}, "xdg-proc": {"XDG_CACHE_HOME": "/proc"},
    "home-unset": {"HOME": None}, "home-empty": {"HOME": ""}, "home-root": {"HOME": "/"},
    "home-missing": {"HOME": "../no/such"}, "home-relative": {"HOME": "../home"},
    "home-tilde": {"HOME": "~"}, "home-dot": {"HOME": "."}, "home-proc": {"HOME": "/proc"},
    "home-file": {"HOME": "/etc/hostname"}, "home-null": {"HOME": "/dev/null"},
    "home-loop": {"HOME": "loop"}, "home-slash": {"HOME": "//"}, "home-own": {"HOME": "$HOME"},
}, subject="name-of-the-workspace")  # fmt: skip
def odd_workspace(place: Place, variables: dict[str, str | None]) -> None:
    (place.cwd / "loop").symlink_to("loop")
    # what would lie in the machine's own root folder
    place.options += ["--tmpfs", "/.cache"]
    for name, value in variables.items():
        if value is None:
            place.unset(name)
        else:
            place.variables[name] = value


@atom("variables", ("file", "dangling", "loop", "proc", "read-only", "mode-0", "mode-555", "elsewhere",
                    "pytriton-file", "pytriton-dangling", "pytriton-read-only", "many"))  # fmt: skip
def cache_folder(place: Place, what: str) -> None:
    cache = place.home / ".cache"
    own = cache / "pytriton"
    if what in ("file", "pytriton-file"):
        place.write(cache if what == "file" else own, "")
    elif what in ("dangling", "loop", "proc", "elsewhere"):
        (place.here / "scratch").mkdir()
        cache.symlink_to({"dangling": "../no/cache", "loop": ".cache", "proc": "/proc/scratch",
                          "elsewhere": str(place.here / "scratch")}[what])  # fmt: skip
    elif what == "pytriton-dangling":
        cache.mkdir()
        own.symlink_to("../../more")
    elif what == "many":
        for number in range(30):
            place.write(own / f"workspace_{number:08}/notes", "x")
    else:
        folder = own if what.startswith("pytriton") else cache
        folder.mkdir(parents=True)
        if "read-only" in what:
            place.options += ["--ro-bind", str(folder), str(folder)]
        else:
            folder.chmod(0 if what == "mode-0" else 0o555)
