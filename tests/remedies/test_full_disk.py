"""A disk on which there is no room any more, from each write of the record on, and for what is tried."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.remedies.scene import Scene
from tests.remedies.tree import difference, tree
from tritondoctor.remedies import activation
from tritondoctor.remedies.activation import ActivatedVariable
from tritondoctor.remedies.activation_settings import ActivationSettings
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.journal import Journal, begin, journals
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.remedies.staging import Staging
from tritondoctor.target import Target


@pytest.mark.parametrize("room", range(6))
def test_no_room_for_the_record(tmp_path: Path, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path)
    before = tree(scene.prefix)
    journal = begin(scene.variables, str(scene.prefix), "python", ())
    written, write = 0, Journal.update

    def update(self: Journal, **fields: object) -> None:
        nonlocal written
        written += 1
        if written > room:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, **fields)

    monkeypatch.setattr(Journal, "update", update)
    try:
        apply(scene.operations, journal)
    except RemedyError as failure:
        assert "No space left on device" in str(failure)
        assert not difference(before, tree(scene.prefix))
        assert not journals(scene.variables)
    else:
        assert written <= room


def test_no_room_for_what_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full /tmp, also once a folder could be made there."""
    target = Target("/env/bin/python", "/env", "test", {}, str(tmp_path))
    settings = ActivationSettings("conda", "/env", (ActivatedVariable("A", "b", prepend=True),))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Staging(target, (), print) as staging:
        staging.folder()
        monkeypatch.setattr(activation, "for_conda", full)
        with pytest.raises(RemedyError, match="No space left on device"):
            staging.scripts(settings)
        monkeypatch.setattr(os, "mkdir", full)
        with pytest.raises(RemedyError, match="No space left on device"):
            staging.folder()
