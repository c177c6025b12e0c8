"""The folder in which the command was typed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tritondoctor.commands.basics import working_directory
from tritondoctor.support.errors import UsageError


def test_a_folder_is_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert working_directory() == str(tmp_path)


def test_one_that_this_user_may_not_enter_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sudo -u alice tritondoctor check` in /root: no program starts there, and PyTriton fails."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match=r"may not enter the working directory, /"):
        working_directory()
