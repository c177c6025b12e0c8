"""Of what permissions keep from this user, the outermost is named."""

from __future__ import annotations

from tritondoctor.facts.barriers import outermost


def test_what_lies_below_another_is_not_named_again() -> None:
    """Each suffix of a module is asked for by its name in a folder that may not be listed."""
    denied = {"/a/zmq/__init__.py", "/a/zmq", "/a/zmq-1", "/a/zmq/sugar/x.py", "/b.py"}
    assert list(outermost(denied)) == ["/a/zmq", "/a/zmq-1", "/b.py"]
