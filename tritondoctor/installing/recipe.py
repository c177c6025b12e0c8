"""Recipes: what `recipes/NAME/` holds, and which one a name means."""

from __future__ import annotations

import difflib
import os
import re
import shutil
from collections.abc import Collection, Iterator

import msgspec

from tritondoctor.installing import InstallError
from tritondoctor.support import own_files
from tritondoctor.support.messages import _
from tritondoctor.support.reading import Limit, list_folder, read_bytes, read_text

TOML, ENVIRONMENT, LOCK = "recipe.toml", "environment.yml", "conda-lock.yml"
REQUIREMENTS_IN, REQUIREMENTS = "requirements.in", "requirements.txt"
#: glibc of the oldest platform tag that counts
_OLDEST = 5
_LIKENESS = 0.6


class Needs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the machine must have; `driver` is NVIDIA's release, "" where no card is used."""

    machine: str
    glibc: str
    driver: str = ""


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In MB: what is downloaded for each part, and what the environment then takes."""

    pip: int
    conda: int
    installed: int


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One folder of `recipes/`.

    `library_path` lists folders below site-packages that activation puts before LD_LIBRARY_PATH,
    `compiles` the packages for which there is no wheel.  `index` is a package index that is asked where
    the configured ones and the wheels at hand lack a package.  `alone` are packages (NAME==VERSION) of
    which only the files are used: they are installed without what they depend on.  `language_model` is
    the model that streams text as the proof (`init --llama`).
    """

    summary: str
    family: str
    python: str
    pytriton: str
    framework: str
    device: str
    needs: Needs
    size: Size
    library_path: tuple[str, ...] = ()
    compiles: tuple[str, ...] = ()
    index: str = ""
    alone: tuple[str, ...] = ()
    language_model: str = ""
    name: str = ""
    folder: str = ""

    def path(self, name: str) -> str:
        """One of its files."""
        return os.path.join(self.folder, name)

    def requirements(self) -> list[tuple[str, str]]:
        """(name, version) of every package of its pip part."""
        return pinned(read_text(self.path(REQUIREMENTS), Limit.LOCK))


def home() -> str:
    """The folder of the recipes that came with the doctor: in its package, or beside it in a checkout."""
    inside = own_files.path("recipes")
    return inside if os.path.isdir(inside) else own_files.path("../recipes")


def load(folder: str) -> Recipe:
    """Read the recipe in a folder.  Raises InstallError where there is none or it is invalid."""
    path = os.path.join(folder, TOML)
    try:
        read = msgspec.toml.decode(read_bytes(path, Limit.SETTINGS), type=Recipe)
    except RecursionError:
        raise InstallError(f"{path}: too deeply nested") from None
    except OSError as failure:
        raise InstallError(f"{path}: {failure.strerror}") from failure
    except msgspec.MsgspecError as failure:
        raise InstallError(f"{path}: {failure}") from failure
    name = os.path.basename(os.path.normpath(folder))
    return msgspec.structs.replace(read, name=name, folder=os.path.abspath(folder))


def every() -> list[Recipe]:
    """All recipes that came with the doctor: by family, the newest Python first."""
    try:
        names = list_folder(home())
    except OSError as failure:
        raise InstallError(f"{home()}: {failure.strerror}; the recipes are missing") from failure
    found = [load(os.path.join(home(), name)) for name in names]
    families = list(
        dict.fromkeys(recipe.family for recipe in sorted(found, key=lambda recipe: recipe.size.pip))
    )
    return sorted(found, key=lambda recipe: (families.index(recipe.family), -minor(recipe.python)))


def minor(python: str) -> int:
    """The minor version as a number: 11 for "3.11"."""
    return int(python.partition(".")[2])


def named(name: str) -> list[Recipe]:
    """The recipes that a name means: one, or a family from which the machine may choose.

    A path means a recipe of the user's own.  Raises InstallError where there is none.
    """
    if os.sep in name:
        return [load(name)]
    known = every()
    found = [recipe for recipe in known if recipe.name == name] or [
        recipe for recipe in known if recipe.family == name
    ]
    if not found:
        names = {*(recipe.family for recipe in known), *(recipe.name for recipe in known)}
        raise InstallError(_unknown(name, names))
    return found


def _unknown(name: str, names: Collection[str]) -> str:
    similar = difflib.get_close_matches(name, sorted(names), 2, _LIKENESS)
    if similar:
        return _(
            "There is no recipe {name}. Did you mean {names}? `tritondoctor install` lists them all.",
            name=repr(name), names=_(" or ").join(similar),
        )  # fmt: skip
    return _(
        "There is no recipe {name}. `tritondoctor install` lists them; the path of a recipe's folder "
        "will do, too.",
        name=repr(name),
    )


def pinned(text: str) -> list[tuple[str, str]]:
    """(name, version) of every line of a requirements file."""
    return re.findall(r"^([\w.-]+)==(\S+)", text, re.M)


def platforms_of(recipe: Recipe) -> list[str]:
    """The platform tags of a machine with the recipe's processor and glibc, the best first."""
    newest, machine = int(recipe.needs.glibc.partition(".")[2]), recipe.needs.machine
    legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    found = []
    for minor in range(newest, _OLDEST - 1, -1):
        found.append(f"manylinux_2_{minor}_{machine}")
        if minor in legacy:
            found.append(f"{legacy[minor]}_{machine}")
    return [*found, f"linux_{machine}"]


def copied(recipe: Recipe, folder: str) -> Recipe:
    """The recipe copied to a folder of the user's."""
    os.makedirs(folder, exist_ok=True)
    for name in files():
        shutil.copyfile(recipe.path(name), os.path.join(folder, name))
    return load(folder)


def files() -> Iterator[str]:
    """The names of a recipe's files."""
    yield from (TOML, ENVIRONMENT, LOCK, REQUIREMENTS_IN, REQUIREMENTS)
