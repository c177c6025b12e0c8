"""The parts of a sweep that need no start, and what the kept results say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sweep.groups import Setting, batches, culprits
from tests.sweep.names import of_modules
from tests.sweep.variables import settings_of

RESULTS = sorted((Path(__file__).parent / "results").glob("[!f]*.json"))
OF_FILES = sorted((Path(__file__).parent / "results").glob("files-*.json"))


def test_no_name_stands_twice_in_a_group() -> None:
    settings = [Setting(name, str(value)) for value in range(3) for name in "abcde"]
    groups = batches(settings, 4)
    assert sorted(setting for group in groups for setting in group) == sorted(settings)
    assert all(len({setting.name for setting in group}) == len(group) <= 4 for group in groups)


def test_halving_finds_all_that_harm() -> None:
    group = tuple(Setting(f"v{number}", "") for number in range(50))
    harmful = {group[3], group[4], group[49]}
    trials = []

    def is_sound(some: tuple[Setting, ...]) -> bool:
        trials.append(some)
        return not harmful & set(some)

    assert culprits(group, is_sound) == [(group[3],), (group[4],), (group[49],)]
    assert len(trials) < 30


def test_settings_that_harm_only_together() -> None:
    group = tuple(Setting(name, "") for name in "abcd")
    assert culprits(group, lambda some: not {group[0], group[3]} <= set(some)) == [group]


def test_names_of_a_module(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text(
        'import os\nx = os.environ.get("MY_MODE", "fast") in ("fast", "slow")\nOTHER = "NOT_READ"\n'
        'class Setting:\n    environment_key = "MY_KEY"\n    y = "z" if "MY_FLAG" in os.environ else ""\n'
    )
    found = {named.name: named for named in of_modules([str(source)])}
    assert set(found) == {"MY_MODE", "MY_KEY", "MY_FLAG"}
    assert found["MY_MODE"].beside == ("fast", "slow")
    assert Setting("MY_MODE", "slow") in settings_of(found.values())


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_kept_results_show_no_disagreement(path: Path) -> None:
    seen = json.loads(path.read_text())
    assert seen["date"] and seen["disagreements"] == 0


@pytest.mark.parametrize("path", OF_FILES, ids=lambda path: path.stem)
def test_few_damaged_files_are_judged_wrongly(path: Path) -> None:
    seen = json.loads(path.read_text())
    for way in ("missing", "empty", "half"):
        alone = [group for group in seen["ways"][way]["wrong_all_clears"] if len(group) == 1]
        assert len(alone) <= (0 if way == "missing" else seen["files"] // 100)
        assert len(seen["ways"][way]["wrong_alarms"]) <= seen["ways"][way]["started"] // 20
