"""Ways to make, link and move an environment; nearly all are healthy."""

from __future__ import annotations

import shutil

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place


@environment(cases={"copies": ["--copies"], "system-packages": ["--system-site-packages"]})
def venv_made_with(place: Place, options: list[str]) -> None:
    """Other ways of venv."""
    fresh = stock.site_packages(place.venv_without_packages(*options))
    fresh.rmdir()
    stock.link_tree(place.kept_packages(), fresh)


@environment(cases=("virtualenv", "uv"))
def made_by(place: Place, tool: str) -> None:
    """virtualenv and uv make environments of their own kind."""
    tools = stock.venv("3.11", tool)
    target = place.here / tool
    command = [f"{tools}/bin/python", "-m", tool, *(["venv"] if tool == "uv" else []), "-q"]
    stock.run([*command, "--python", place.base.path, str(target)], tool)
    fresh = stock.site_packages(target)
    shutil.rmtree(fresh)
    stock.link_tree(place.kept_packages(), fresh)
    place.python = target / "bin" / "python"


@environment()
def environment_through_a_link(place: Place) -> None:
    """The venv is named through a link to its folder."""
    (place.here / "link").symlink_to(place.prefix)
    place.python = place.here / "link/bin/python"


@environment()
def interpreter_by_relative_path(place: Place) -> None:
    """The interpreter is named from the working directory."""
    _ = place.prefix
    place.python = "../env/bin/python"


@environment()
def environment_moved(place: Place) -> None:
    """A venv that was renamed after it was made."""
    place.prefix.rename(place.here / "moved")
    place.python = place.here / "moved/bin/python"


@environment("environment-path-unsafe", cases={"colon": "12:30", "semicolon": "a;b", "token": "a$LIB"})
def environment_below_a_folder_named(place: Place, name: str) -> None:
    """The loader reads LD_LIBRARY_PATH, on which PyTriton puts its libraries, in its own way."""
    _below(place, name)


@environment(
    cases={
        "blank": "a b", "percent": "50%", "hash": "#1", "no-token": "$LIBS", "ampersand": "R&D",
        "quote": "a'b", "star": "a*", "backslash": "a\\b",
    }
)  # fmt: skip
def environment_below_a_folder_with(place: Place, name: str) -> None:
    """Signs that mean nothing to the loader."""
    _below(place, name)


def _below(place: Place, name: str) -> None:
    folder = place.here / name
    folder.mkdir()
    place.prefix.rename(folder / "env")
    place.python = folder / "env/bin/python"


@environment(
    "environment-path-unsafe", python=("3.12", "3.13"), cases={"accent": "josé", "chinese": "环境"}
)
def environment_below_a_folder_not_ascii(place: Place, name: str) -> None:
    """The stub of these Pythons casts a path that its ASCII could not take."""
    _below(place, name)


@environment(python=("3.8", "3.9", "3.11"))
def environment_below_a_folder_not_ascii_for_older_python(place: Place) -> None:
    """Older ones do not."""
    _below(place, "环境")


@environment(python="3.12")
def environment_below_a_folder_not_ascii_through_a_link(place: Place) -> None:
    """What is advised there."""
    _below(place, "环境")
    (place.here / "plain").symlink_to(place.here / "环境/env")
    place.python = place.here / "plain/bin/python"


@environment(python="3.12")
def working_directory_not_ascii(place: Place) -> None:
    """That of the script does not matter."""
    place.cwd = place.cwd / "数据"
    place.cwd.mkdir()


@environment()
def environment_below_a_folder_with_a_colon_through_a_link(place: Place) -> None:
    """What is advised there."""
    _below(place, "12:30")
    (place.here / "plain").symlink_to(place.here / "12:30/env")
    place.python = place.here / "plain/bin/python"


@environment()
def site_packages_is_a_link(place: Place) -> None:
    """site-packages lies on another disk, behind a link."""
    packages = place.packages
    packages.rename(place.here / "packages")
    packages.symlink_to(place.here / "packages")


@environment()
def packages_are_links(place: Place) -> None:
    """Each folder of site-packages is a link into a store."""
    fresh = stock.site_packages(place.venv_without_packages())
    for item in place.kept_packages().iterdir():
        (fresh / item.name).symlink_to(item)


@environment()
def files_are_links(place: Place) -> None:
    """Each file is a link into a store, as `uv pip install --link-mode symlink` makes them."""
    fresh = stock.site_packages(place.venv_without_packages())
    fresh.rmdir()
    stock.run(["cp", "-asT", str(place.kept_packages()), str(fresh)], "links to files")


@environment()
def metadata_of_pytriton_removed(place: Place) -> None:
    """Only the code was copied, without nvidia_pytriton-0.7.0.dist-info."""
    place.remove("nvidia_pytriton-0.7.0.dist-info")


@environment("pytriton-missing")
def venv_without_its_configuration(place: Place) -> None:
    """pyvenv.cfg was lost in a copy: python takes itself for its base."""
    (place.prefix / "pyvenv.cfg").unlink()


@environment(python=("3.9", "3.12"), cases={"empty": "", "no-home": "version = 3\n"})
def venv_whose_configuration_names_no_home(place: Place, text: str) -> None:
    """That pyvenv.cfg is there makes it a venv; python follows its own link to its standard library."""
    place.write(place.prefix / "pyvenv.cfg", text)


@environment(python=("3.9", "3.11", "3.13"))
def pythonhome_of_the_base(place: Place) -> None:
    """PYTHONHOME of the venv's own base changes nothing."""
    place.set(PYTHONHOME=place.base.prefix)


@environment()
def working_directory_with_space(place: Place) -> None:
    """The working directory's name matters to nobody as long as the workspace lies elsewhere."""
    place.cwd = place.here / "my project (1)"
    place.cwd.mkdir()


@environment()
def working_directory_read_only(place: Place) -> None:
    """Nothing is written beside the script."""
    place.options += ["--ro-bind", str(place.cwd), str(place.cwd)]


@environment()
def packages_read_only(place: Place) -> None:
    """The environment lies on a read-only mount."""
    place.options += ["--ro-bind", str(place.prefix), str(place.prefix)]
