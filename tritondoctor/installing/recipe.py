"""Recipes: what `recipes/NAME/` holds, and which one a name means."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Iterator
from shlex import quote

import msgspec

from tritondoctor.installing import InstallError
from tritondoctor.support import own_files
from tritondoctor.support.atomic import write_new
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.reading import Limit, list_folder, read_bytes, read_text

TOML, ENVIRONMENT, LOCK = "recipe.toml", "environment.yml", "conda-lock.yml"
REQUIREMENTS_IN, REQUIREMENTS = "requirements.in", "requirements.txt"
#: glibc of the oldest platform tag that counts
_OLDEST = 5
_LIKENESS = 0.6
#: a line of requirements.txt: a version, one of its hashes, a comment, nothing
_LOCKED = re.compile(
    r"\s*(?:[A-Za-z0-9][\w.-]*(?:\[[\w., -]*\])?==[\w.!+*-]+(?:\s*;[\w\s.'\"<>=!()~,-]*)?)?"
    r"(?:\s*--hash=sha(?:256|384|512):[0-9a-fA-F]+)*\s*\\?(?:(?:^|\s)#(?!.*coding[:=]).*)?",
    re.ASCII,
)


class NoRecipeError(InstallError, UsageError):
    """What was named as a recipe is none."""


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
        return pinned(self.text(REQUIREMENTS))

    def text(self, name: str) -> str:
        """What one of its files holds.  Raises InstallError where that cannot be read."""
        path = self.path(name)
        try:
            return read_text(path, Limit.LOCK)
        except OSError as failure:
            raise InstallError(f"{path}: {failure.strerror}") from failure

    def wheels_lock(self) -> str:
        """The path of its pip part.  Raises InstallError where that is more than a lock.

        It may be somebody else's: pip and uv fill in variables of this process, ask other indexes and
        open files of this machine for what may stand in a file of requirements.
        """
        for number, line in enumerate(self.text(REQUIREMENTS).splitlines(), 1):
            if not _LOCKED.fullmatch(line):
                path = self.path(REQUIREMENTS)
                raise InstallError(
                    f"{path}, line {number}, is no line of a lock: {ascii(line)[:100]}. It may hold "
                    "NAME==VERSION with hashes, and comments. `tritondoctor lock` writes it."
                )
        return self.path(REQUIREMENTS)


def home() -> str:
    """The folder of the recipes that came with the doctor: in its package, or beside it in a checkout."""
    inside = own_files.path("recipes")
    return inside if os.path.isdir(inside) else own_files.path("../recipes")


def load(folder: str) -> Recipe:
    """Read the recipe in a folder.  Raises NoRecipeError where there is none or it is invalid."""
    path = os.path.join(folder, TOML)
    try:
        read = msgspec.toml.decode(read_bytes(path, Limit.SETTINGS), type=Recipe)
    except RecursionError:
        raise NoRecipeError(f"{path}: too deeply nested") from None
    except OSError as failure:
        raise NoRecipeError(f"{path}: {failure.strerror}") from failure
    except msgspec.MsgspecError as failure:
        raise NoRecipeError(f"{path}: {failure}") from failure
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

    A path means a recipe of the user's own.  Raises NoRecipeError where there is none.
    """
    if os.sep in name:
        return [load(name)]
    known = every()
    found = [recipe for recipe in known if recipe.name == name] or [
        recipe for recipe in known if recipe.family == name
    ]
    if not found:
        names = {*(recipe.family for recipe in known), *(recipe.name for recipe in known)}
        raise NoRecipeError(_unknown(name, names))
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
    """The recipe in a folder of the user's: copied, or the copy that is there already.

    Nothing is overwritten.  Raises UsageError where the user has changed what the locks are made of,
    OSError where it cannot be written.
    """
    missing, here = {}, os.path.join(".", os.path.relpath(folder))
    for name in files():
        path, text = os.path.join(folder, name), recipe.text(name)
        if not os.path.lexists(path):
            missing[path] = text
        elif name not in (LOCK, REQUIREMENTS) and not _holds(path, text):
            raise UsageError(
                _(
                    "{path} is not the file of {recipe}, and was not overwritten. To lock what is there: "
                    "tritondoctor lock {folder}",
                    path=path, recipe=recipe.name, folder=quote(here),
                )
            )  # fmt: skip
    os.makedirs(folder, exist_ok=True)
    write_new(missing)
    return load(folder)


def _holds(path: str, text: str) -> bool:
    try:
        return read_text(path, Limit.LOCK) == text
    except OSError:
        return False


def files() -> Iterator[str]:
    """The names of a recipe's files."""
    yield from (TOML, ENVIRONMENT, LOCK, REQUIREMENTS_IN, REQUIREMENTS)
