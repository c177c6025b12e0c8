"""No secret of a log or a variable is ever printed: planted by name and by shape, at random."""

from __future__ import annotations

import base64
import random
import string
import subprocess
import sys

import pytest

from tritondoctor.privacy.scrub import scrub

_LETTERS = string.ascii_letters + string.digits
NAMED = (
    "HF_TOKEN={}", "export AWS_SECRET_ACCESS_KEY='{}'", "--password {}", "password: {}",
    '"api_key": "{}"', "http-restricted-api=health:triton-access-token={}",
    "Authorization: Bearer {}", "Authorization: Basic {}", "https://user:{}@pypi.example.org/simple",
    "redis://:{}@cache:6379", "https://x.example.org/?sig={}&se=2026", "PASSWD={}", "Cookie: session={}",
    "client_secret={};", "--grpc-restricted-protocol=infer:key={}", "auth_token => {}",
)  # fmt: skip


def _word(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(_LETTERS, k=length))


def _shaped(chance: random.Random) -> list[str]:
    raw = bytes(chance.randrange(256) for _ in range(48))
    return [
        f"hf_{_word(chance, 34)}", f"ghp_{_word(chance, 36)}", f"sk-{_word(chance, 48)}",
        f"AKIA{''.join(chance.choices(string.ascii_uppercase + string.digits, k=16))}",
        f"eyJ{_word(chance, 30)}.{_word(chance, 60)}.{_word(chance, 43)}",
        f"glpat-{_word(chance, 20)}", f"nvapi-{_word(chance, 60)}", base64.b64encode(raw).decode(),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(200))
def test_planted_secrets_do_not_come_out(seed: int) -> None:
    chance = random.Random(seed)
    secret = "Zx9" + _word(chance, chance.randrange(8, 40))
    for frame in NAMED:
        line = f"Error: ModuleNotFoundError: {frame.format(secret)} failed"
        assert secret not in scrub(line), line
    for token in _shaped(chance):
        before, after = chance.choice(["", " ", "'", "=", ": "]), chance.choice(["", " ", "'", ","])
        line = f"E1125 10:21:20.4 4 main.cc:257] failed with {before}{token}{after}"
        assert token not in scrub(line), line


def test_they_do_not_come_out_of_the_command() -> None:
    chance = random.Random(1)
    secret = "Zx9" + _word(chance, 20)
    lines = [f"Error: {frame.format(secret)}" for frame in NAMED]
    lines += [f"ImportError: /e/{frame.format(secret)}.so: undefined symbol: PyX" for frame in NAMED]
    lines += [f"ModuleNotFoundError: No module named '{token}'" for token in _shaped(chance)]
    log = "\n".join(lines)
    for words in (("explain", "-"), ("explain", "-", "--json")):
        done = subprocess.run(
            [sys.executable, "-I", "-m", "tritondoctor", *words], input=log, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert secret not in done.stdout + done.stderr
        for token in _shaped(random.Random(1)):
            assert token not in done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "/home/ana/.cache/pytriton/workspace_8kj6193j/tritonserver/bin/tritonserver: /opt/conda/envs/MS/"
        "lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /w/tritonserver)",
        "Unable to initialize shared memory key 'pytrtion30580-e6cba8f181b9c24e-1ecc-41b5-9589-"
        "cb972b22c114' to requested size (4194304 bytes).",
        "sh.CommandNotFound: /home/u/workspace_hokxo_kk/tritonserver/bin/tritonserver",
        "ImportError: /e/_struct.cpython-311-x86_64-linux-gnu.so: undefined symbol: _PyLong_AsByteArray",
        "KeyError: 'PATH'",
        "E1125 model_repository_manager.cc:470] Failed to set config modification time: "
        "model_config_content_name_ is empty",
    ],
)
def test_what_tells_of_a_fault_stays(line: str) -> None:
    assert scrub(line) == line
