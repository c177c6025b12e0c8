"""A host that is not reached: the mirror that the user's own settings name, without its password."""

from __future__ import annotations

from pathlib import Path

import pytest

from tritondoctor.remedies.mirrors import Mirror, channel_address, of_another, other_than

SECRET = "hunter2secret"
MINE = f"https://ana:{SECRET}@mirror.example.cn/simple"


@pytest.mark.parametrize(
    ("variables", "mirror"),
    [
        ({"UV_INDEX_URL": MINE}, Mirror("mirror.example.cn", "UV_INDEX_URL")),
        ({"UV_INDEX": f"mine={MINE}"}, Mirror("mirror.example.cn", "UV_INDEX")),
        ({"UV_INDEX_URL": "https://pypi.example.org/simple"}, None),
        ({"UV_INDEX_URL": "https://[broken"}, None),
        ({"PIP_INDEX_URL": MINE}, None),  # pip has been there
        ({}, None),
    ],
)
def test_of_uv_for_pip(variables: dict[str, str], mirror: Mirror | None, tmp_path: Path) -> None:
    assert other_than("pypi.example.org", {"HOME": str(tmp_path), **variables}, "pip") == mirror


@pytest.mark.parametrize("path", [".config/pip/pip.conf", ".pip/pip.conf"])
def test_of_pip_for_uv(path: str, tmp_path: Path) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(f"[global]\nindex-url = {MINE}\n[install]\ntrusted-host = mirror.example.cn\n")
    found = other_than("pypi.example.org", {"HOME": str(tmp_path)}, "uv")
    assert found == Mirror("mirror.example.cn", f"~/{path}")
    file.write_text("no section = 1\n")
    assert other_than("pypi.example.org", {"HOME": str(tmp_path)}, "uv") is None


@pytest.mark.parametrize(
    "text",
    [
        f"channel_alias: {MINE}\n",
        f"default_channels:\n  - {MINE}/main\n",
        f"custom_channels:\n  conda-forge: {MINE}\n",
        f"channels: [defaults, {MINE}]\n",
    ],
)
def test_of_conda(text: str, tmp_path: Path) -> None:
    (tmp_path / ".condarc").write_text(text)
    found = other_than("conda.example.org", {"HOME": str(tmp_path)}, "conda")
    assert found == Mirror("mirror.example.cn", "~/.condarc")


def test_no_address_and_no_password_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", MINE)
    words = of_another("pypi.example.org", "pip")
    assert words == (
        "pypi.example.org cannot be reached; UV_DEFAULT_INDEX names mirror.example.cn: "
        "give its address with the variable PIP_INDEX_URL"
    )
    assert SECRET not in words


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ("channels: [defaults]\n", "conda-forge"),
        ("channel_alias: https://mirror.example/a/\n", "https://mirror.example/a/conda-forge"),
        (
            "channel_alias: https://no.example\n"
            "custom_channels:\n  conda-forge: https://mirror.example/anaconda/cloud\n",
            "https://mirror.example/anaconda/cloud/conda-forge",
        ),
        ("custom_channels: {pytorch: https://mirror.example}\n", "conda-forge"),
        ("custom_channels: [conda-forge]\nchannel_alias: [x]\n", "conda-forge"),
    ],
)
def test_a_channel_lies_where_the_user_says(tmp_path: Path, settings: str, address: str) -> None:
    """Without a front end nobody else reads these settings: py-rattler asks conda.anaconda.org."""
    (tmp_path / ".condarc").write_text(settings)
    assert channel_address("conda-forge", {"HOME": str(tmp_path)}) == address
    for given in ("https://x.example/y", "file:///x", "/srv/channel", "./channel"):
        assert channel_address(given, {"HOME": str(tmp_path)}) == given
