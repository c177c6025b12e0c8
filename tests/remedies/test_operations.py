"""Operations as keys: a plan's worlds are remembered by what is done in them."""

from __future__ import annotations

from tritondoctor.remedies.operations import Transaction


def test_transactions_tell_worlds_apart() -> None:
    """A front end's work holds dicts, and can still stand in a key; other files are another world."""
    command = ("conda", "install", "--json")
    first = Transaction(command, "/prefix", {"/prefix/lib/a": "/staging/a"}, digests={"a": "1"})
    same = Transaction(command, "/prefix", {"/prefix/lib/a": "/staging/a"}, digests={"a": "1"})
    other = Transaction(command, "/prefix", {"/prefix/lib/a": "/staging/b"}, digests={"a": "1"})
    worlds = {(first,): "first", (other,): "other"}
    assert worlds[same,] == "first"
    assert worlds[other,] == "other"
