"""Records of an environment that was installed from a folder of archives name their channels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tritondoctor.installing import InstallError
from tritondoctor.installing.origins import name_origins
from tritondoctor.installing.packages import LockedPackage

URL = "https://me:word@mirror.example/t/tk-1234/conda-forge/linux-64/toy-1.0-0.conda"
OPEN = "https://mirror.example/conda-forge/linux-64/toy-1.0-0.conda"


@pytest.mark.parametrize("channel", ["file", None])
def test_channel_instead_of_the_cache(tmp_path: Path, channel: str | None) -> None:
    """As conda (channel: the folder) and py-rattler (none) write them, readable for their user only."""
    place = tmp_path / "cache/tritondoctor/conda/linux-64/toy-1.0-0.conda"
    meta = tmp_path / "env/conda-meta"
    meta.mkdir(parents=True)
    record = meta / "toy-1.0-0.json"
    folder = place.parent.as_uri()
    record.write_text(
        json.dumps(
            {
                "name": "toy",
                "fn": place.name,
                "url": place.as_uri(),
                "channel": channel and folder,
                "requested_spec": f"{place.as_uri()}#abc",
            }
        )
    )
    record.chmod(0o600)
    history = meta / "history"
    history.write_text(f"==> now <==\n+{folder}::toy-1.0-0\n# update specs: ['{place.as_uri()}#abc']\n")
    name_origins(str(tmp_path / "env"), [LockedPackage("toy", "1.0", URL)], {URL: str(place)})
    after = json.loads(record.read_text())
    assert after["url"] == OPEN and after["channel"] == OPEN.rpartition("/")[0]
    assert after["requested_spec"] == f"{OPEN}#abc"
    assert record.stat().st_mode & 0o777 == 0o644
    assert "cache" not in record.read_text() + history.read_text()
    assert f"+{OPEN.rpartition('/')[0]}::toy-1.0-0" in history.read_text()


@pytest.mark.parametrize("name", ["conda-meta/evil.json", "conda-meta/history", "conda-meta"])
def test_a_record_that_a_package_made_a_link(tmp_path: Path, name: str) -> None:
    """A package can put one there: it led to a file of the user's, which was rewritten, and opened."""
    victim, planted = tmp_path / "victim", tmp_path / "env" / name
    planted.parent.mkdir(parents=True)
    if name == "conda-meta":
        victim.mkdir()
        planted.symlink_to(victim)
        victim /= "mine.json"
    else:
        planted.symlink_to(victim)
    victim.write_text('{"auths": {}}')
    victim.chmod(0o600)
    with pytest.raises(InstallError, match="is a link"):
        name_origins(str(tmp_path / "env"), [], {})
    assert victim.read_text() == '{"auths": {}}' and victim.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"[", b"[1]", b"[" * 100_000, b"\xff", b"null"])
def test_a_record_that_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "conda-meta/evil.json").write_bytes(content)
    with pytest.raises(InstallError, match=r"is no record|is not UTF-8"):
        name_origins(str(tmp_path), [], {})
    assert (tmp_path / "conda-meta/evil.json").read_bytes() == content
