"""Private keys go over several lines; none of them is shown, whole or cut, with whatever before each."""

from __future__ import annotations

import base64
import io
import json
import random
from collections.abc import Callable

import pytest

from tritondoctor.logs import line as log_line
from tritondoctor.logs.read import read
from tritondoctor.privacy.keys import without_keys
from tritondoctor.reports.bundle import redacted
from tritondoctor.selftest.observation import last_lines


def _body(seed: int, size: int, width: int) -> list[str]:
    draw = random.Random(seed)
    text = base64.b64encode(bytes(draw.randrange(256) for _ in range(size))).decode()
    return [text[at : at + width] for at in range(0, len(text), width)]


def _pem(kind: str, body: list[str], *headers: str) -> tuple[list[str], list[str]]:
    return [f"-----BEGIN {kind}-----", *headers, *body, f"-----END {kind}-----"], body


_PUTTY = _body(6, 200, 64)
#: (all lines, those that are secret)
KEYS = {
    "rsa": _pem("RSA PRIVATE KEY", _body(1, 1190, 64)),
    "pkcs8": _pem("PRIVATE KEY", _body(2, 1218, 64)),
    "encrypted": _pem(
        "RSA PRIVATE KEY", _body(8, 600, 64), "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,0F1E2D", ""
    ),
    "ec": _pem("EC PRIVATE KEY", _body(3, 121, 64)),
    "ed25519": _pem("PRIVATE KEY", ["MC4CAQAwBQYDK2VwBCIEIHnGvDp8Wm1xZz0aTnN5q2VtUu7k5cJr3f9Yb1Qd0sXe"]),
    "openssh": _pem("OPENSSH PRIVATE KEY", _body(4, 290, 70)),
    "pgp": _pem("PGP PRIVATE KEY BLOCK", [*_body(5, 700, 64), "=aB3x"], "Version: GnuPG v2", ""),
    "putty": (
        ["PuTTY-User-Key-File-3: ssh-rsa", "Comment: me", f"Private-Lines: {len(_PUTTY)}", *_PUTTY,
         "Private-MAC: 0f1e2d3c4b5a6978"],
        _PUTTY,
    ),
}  # fmt: skip
PREFIXES = {
    "nothing": "",
    "docker": "triton-1  | ",
    "kubernetes": "2026-01-02T03:04:05.678901234Z stdout F ",
    "logger": "2026-01-02 03:04:05,678 INFO app: ",
    "blanks": "    ",
}


def _redacted(lines: list[str]) -> str:
    return redacted("\n".join(lines) + "\n", str)


def _last(lines: list[str]) -> str:
    return "\n".join(str(line.fields) for line in last_lines(lines))


def _record(lines: list[str]) -> str:
    return "\n".join(log_line.texts(json.dumps({"msg": "\n".join(lines)}).encode()))


def _explained(lines: list[str]) -> str:
    found = read(io.BytesIO("".join(f"{line}\n" for line in lines).encode()))
    return "\n".join([*(hit.seen.line for hit in found.hits), *(text for _, text in found.suspects)])


WAYS: dict[str, Callable[[list[str]], str]] = {
    "bundle": _redacted, "selftest": _last, "record": _record, "explain": _explained,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("kind", KEYS)
def test_a_key_is_hidden(kind: str, prefix: str, way: str) -> None:
    lines, secret = KEYS[kind]
    before, after = "E0102 03:04:05.6 1 main.cc:2] it fails", "ImportError: libx.so.1: cannot open"
    shown = WAYS[way]([f"{PREFIXES[prefix]}{line}" for line in (before, *lines, after)])
    assert not [line for line in secret if line in shown], shown
    if (prefix, way) != ("blanks", "explain"):  # it takes an indented line for a part of the one before
        assert "libx.so.1" in shown


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("kind", KEYS)
def test_a_cut_key_is_hidden(kind: str, prefix: str) -> None:
    lines, secret = KEYS[kind]
    written = [f"{PREFIXES[prefix]}{line}" for line in lines]
    first = lines.index(secret[0])
    for cut in (written[first:], written[first + len(secret) // 2 :], written[:-1], written[: first + 1]):
        shown = "\n".join(without_keys(cut))
        assert not [line for line in secret if line in shown.split()], shown


@pytest.mark.parametrize("kind", KEYS)
def test_what_follows_a_key_without_end_is_shown(kind: str) -> None:
    told = [f"I0102 03:04:05.{number} 1 server.cc:9] the model {number} is ready" for number in range(40)]
    shown = list(without_keys([*KEYS[kind][0][:-1], *told]))
    assert shown[-len(told) :] == told


@pytest.mark.parametrize(
    "line",
    [
        'if text.startswith("-----BEGIN PRIVATE KEY-----"):',
        "SSL: no start line: Expecting: ANY PRIVATE KEY",
        "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "/opt/Conda2/envs/MyServer3/lib/Python311/site/packages/Numpy26/core/libs",
        "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "starting",
    ],
)
def test_what_only_looks_alike_stays(line: str) -> None:
    lines = ["it begins", line, "", "Loading", "model", "of nothing"]
    assert list(without_keys(lines)) == lines
