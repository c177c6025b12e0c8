"""Ways to make and to place an environment."""

from __future__ import annotations

from pathlib import Path

from tests.generated.atom import atom
from tests.truth import stock
from tests.truth.environments import layouts
from tests.truth.place import Place
from tests.truth.stock import SYSTEM, Absent


@atom("layout", {"copies": ["--copies"], "system-packages": ["--system-site-packages"]}, subject="layout")
def venv_made_with(place: Place, options: list[str]) -> None:
    layouts.venv_made_with(place, options)


@atom("layout", ("virtualenv", "uv"), subject="layout")
def made_by(place: Place, tool: str) -> None:
    layouts.made_by(place, tool)


@atom("layout", subject="layout")
def through_a_link(place: Place) -> None:
    layouts.environment_through_a_link(place)


@atom("layout", subject="layout")
def relative_interpreter(place: Place) -> None:
    layouts.interpreter_by_relative_path(place)


@atom("layout", subject="layout")
def packages_behind_a_link(place: Place) -> None:
    layouts.site_packages_is_a_link(place)


@atom("layout", subject="layout")
def files_are_links(place: Place) -> None:
    layouts.files_are_links(place)


@atom("layout", subject="layout")
def moved(place: Place) -> None:
    place.prefix.rename(place.here / "moved")
    _lies_in(place, place.here / "moved")
    place.python = place.here / "moved/bin/python"


@atom("layout", subject="layout")
def installed_for_the_user(place: Place) -> None:
    _copy_of_packages(place, place.home / ".local")
    place.python = place.base.path


@atom("layout", subject="layout")
def packages_on_pythonpath(place: Place) -> None:
    place.venv_without_packages()
    place.set(PYTHONPATH=_copy_of_packages(place, place.here / "elsewhere"))


@atom("layout", subject="layout")
def packages_by_pth(place: Place) -> None:
    fresh = stock.site_packages(place.venv_without_packages())
    place.write(fresh / "more.pth", f"{_copy_of_packages(place, place.here / 'elsewhere')}\n")


@atom("layout", {"alone": False, "with-its-lib": True}, subject="layout")
def conda(place: Place, exposed: bool) -> None:
    if place.name == SYSTEM:
        raise Absent("a prefix of conda's shape is made of a Python in a prefix of its own")
    prefix = place.conda()
    _lies_in(place, prefix)
    if exposed:
        place.library_path(prefix / "lib")


def _copy_of_packages(place: Place, prefix: Path) -> Path:
    folder = prefix / f"lib/python{place.base.minor}"
    folder.mkdir(parents=True)
    stock.link_tree(place.kept_packages(), folder / "site-packages")
    _lies_in(place, prefix)
    return folder / "site-packages"


def _lies_in(place: Place, prefix: Path) -> None:
    """From now on `place.packages` are those of this prefix."""
    place.__dict__["prefix"] = prefix
