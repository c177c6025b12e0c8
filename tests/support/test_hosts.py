"""The host that a package manager did not reach, out of what each of them prints."""

from __future__ import annotations

import pytest

from tritondoctor.support.hosts import another, unreachable

PIP = (
    "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError("
    "\"HTTPSConnection(host='pypi.example.org', port=443): Failed to establish a new connection: "
    "[Errno -2] Name or service not known\")': /simple/jax/\n"
    "ERROR: Could not find a version that satisfies the requirement jax (from versions: none)\n"
    "ERROR: No matching distribution found for jax\n"
)
UV = (
    "error: Request failed after 3 retries\n  Caused by: Failed to fetch: "
    "`https://user:secret@mirror.example.org/simple/jax/`\n  Caused by: error sending request for url\n"
    "  Caused by: client error (Connect)\n  Caused by: dns error: failed to lookup address information"
)
MAMBA = "critical libmamba Download error (6) Could not resolve host: conda.example.org"
CONDA = (
    '{"error": "CondaHTTPError: HTTP 000 CONNECTION FAILED for url '
    '<https://conda.example.org/forge/linux-64/repodata.json>"}'
)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        (PIP, "pypi.example.org"),
        (UV, "mirror.example.org"),
        (MAMBA, "conda.example.org"),
        (CONDA, "conda.example.org"),
        ("curl: (7) Failed to connect to 10.0.0.1 port 443 after 3 ms", "10.0.0.1"),
        ("[Errno 101] Network is unreachable", ""),
        ("ERROR: ResolutionImpossible: see https://pip.example.org/topics", None),
        ("", None),
    ],
)
def test_which_host(text: str, host: str | None) -> None:
    assert unreachable(text) == host


def test_what_to_do() -> None:
    assert another("a.example.org", conda=False) == (
        "a.example.org cannot be reached; where a mirror can, name it with the variable PIP_INDEX_URL"
    )
    assert "the channel cannot be reached" in another("", conda=True)
    assert "--channel URL" in another("", conda=True)
