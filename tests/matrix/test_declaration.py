"""The declaration itself: what it covers, what it refuses and how it says so, and what is made of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.matrix import generate, materials
from tests.matrix.chroot_driver import size
from tests.matrix.model import DOCKER, MATRIX, Wrong, load
from tests.matrix.run import slug
from tritondoctor.checks import CATALOGUE


def test_covers_what_a_container_can_show() -> None:
    matrix, cells = load()
    errors = {one.id for one in CATALOGUE.values() if one.severity == "error"}
    shown = {id for cell in cells for id in cell.declared.expect.ids}
    assert not matrix.unseen.keys() & shown, "an allowed gap is none"
    assert errors - shown == matrix.unseen.keys() & errors, "errors without a cell"


def test_is_large_enough() -> None:
    _, cells = load()
    here = [cell for cell in cells if cell.base.suite]
    assert len(cells) >= 60
    assert len(here) >= 40
    assert len({cell.base.suite for cell in here}) >= 4
    assert len({cell.minor for cell in here}) >= 6
    assert {cell.base.family for cell in cells} == {"debian", "rpm", "alpine", "conda", "cuda"}
    assert {cell.source for cell in cells} >= {
        "system",
        "deadsnakes",
        "pyenv",
        "uv",
        "conda",
        "virtualenv",
    }


def test_names_make_file_names() -> None:
    _, cells = load()
    assert len({slug(cell) for cell in cells}) == len(cells)


def test_every_defect_is_used_and_documented() -> None:
    _, cells = load()
    used = {text.split()[0] for cell in cells for text in cell.declared.defects} | {"apply"}
    scripts = {path.stem: path for path in (DOCKER / "defects").glob("*.sh")}
    assert scripts.keys() == used
    for path in scripts.values():
        assert path.read_text().startswith("#!/bin/sh\n# "), path


def test_every_family_has_its_dockerfile() -> None:
    matrix, _ = load()
    for base in matrix.bases.values():
        text = (DOCKER / f"{base.family}.Dockerfile").read_text()
        assert "FROM base AS environment" in text
        assert re.search(r"^USER 1000$", text, re.M)
        if base.family != "debian":
            assert "Not run yet" in text


def test_what_is_made_of_it_is_up_to_date() -> None:
    for path, text in generate.made().items():
        assert path.read_text() == text, "python -m tests.matrix generate"


def test_compose_has_all_that_is_unlike_docker() -> None:
    services = yaml.safe_load(generate.COMPOSE.read_text())["services"]
    tiny = next(one for name, one in services.items() if name.startswith("shared-memory-of-4-mb"))
    assert tiny["shm_size"] == "4m" and tiny["network_mode"] == "none"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('on = "debian-12"', 'on = "debian-99"', "no base is called debian-99"),
        ('python = "system 3.11"', 'python = "systm 3.11"', "'systm 3.11': say one of system"),
        ('why = "', 'reason = "', "cell 1 .*unknown field `reason`"),
        ('ids = ["libpython-missing"]', 'ids = ["libpython-mising"]', "no finding libpython-mising"),
        ('defects = ["interpreter-cut"]', 'defects = ["interpreter-cit"]', "no defect interpreter-cit"),
        ('after = "fails"', 'after = "failed"', "cell .*Invalid enum value 'failed'.*after"),
        ('name = "sound by link"', 'name = "sound by variable"', "two cells are called sound by v"),
        ("[unseen]\n", '[unseen]\nnothing = "x"\n', "no finding nothing"),
        ("[[cells]]", "[[cells]", "matrix.toml: "),
    ],
)  # fmt: skip
def test_refuses_and_says_where(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = MATRIX.read_text()
    assert old in text
    changed = tmp_path / "matrix.toml"
    changed.write_text(text.replace(old, new, 1))
    with pytest.raises(Wrong, match=said) as raised:
        load(changed)
    assert "matrix.toml" in str(raised.value)


def test_what_is_expected_does_not_decide_whether_it_is_run_again(tmp_path: Path) -> None:
    text = MATRIX.read_text()
    changed = tmp_path / "matrix.toml"
    keys = []
    for old, new in (("", ""), ('plan = ["link-libpython"]', "plan = []"), ("6m", "7m")):
        changed.write_text(text.replace(old, new) if old else text)
        keys.append([cell.key for cell in load(changed)[1]])
    assert keys[0] == keys[1]
    assert sum(one != other for one, other in zip(keys[0], keys[2])) == 1


def test_sizes() -> None:
    assert (size("64m"), size("4096"), size("1g")) == (64 * 2**20, 4096, 2**30)


def test_materials_are_known() -> None:
    _, cells = load()
    kinds = {need.partition(":")[0] for cell in cells for need in cell.needs}
    assert kinds <= {"debian", "python", "wheel", "compiled", "paper"}
    assert materials.OWN.keys() >= {cell.base.suite for cell in cells if cell.base.suite}
