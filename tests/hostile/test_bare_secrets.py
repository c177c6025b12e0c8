"""Secrets that stand behind their name and a blank, an arrow or a verb, and tokens of younger services."""

from __future__ import annotations

import pytest

from tritondoctor.privacy.scrub import scrub

_HEX = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"
_AWS = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#: (text, what may not be shown of it)
SHOWN_ONCE = [
    (f"WANDB_API_KEY {_HEX}", _HEX),
    (f"export WANDB_API_KEY {_HEX}", _HEX),
    (f"KAGGLE_KEY {_HEX[:32]}", _HEX[:32]),
    (f"aws_secret_access_key {_AWS}", _AWS),
    ("AWS_SESSION_TOKEN -> IQoJb3JpZ2luX2Vj", "IQoJb3JpZ2luX2Vj"),
    ("AWS_SESSION_TOKEN → IQoJb3JpZ2luX2Vj", "IQoJb3JpZ2luX2Vj"),
    ("x-api-key q8w7e6r5t4y3", "q8w7e6r5t4y3"),
    ("X-Auth-Token q8w7e6r5t4y3", "q8w7e6r5t4y3"),
    ("access token was 'q8w7e6r5t4y3'", "q8w7e6r5t4y3"),
    ('the API key is "q8w7e6r5t4y3"', "q8w7e6r5t4y3"),
    ('pass phrase = "correct horse"', "horse"),
    ("pass phrase: hunter2", "hunter2"),
    ("p4 -u bob -P hunter2 sync", "hunter2"),
    ("p4 -P hunter2 sync", "hunter2"),
    ("PGPASSWORD hunter2", "hunter2"),
    ("//bob:hunter2@/var/run/postgresql", "hunter2"),
    ("postgresql://bob:hunter2@/db?host=/run", "hunter2"),
    ("https://bob:p w@host/x", "p w"),
    ("see http://bob:my pass word@host.example:80/x", "pass word"),
    ("tvly-dev-q8w7e6r5t4y3u2i1", "q8w7e6r5t4y3u2i1"),
    ("jina_0f1e2d3c4b5a69788796a5b4c3d2e1f0Ab", "0f1e2d3c4b5a6978"),
    ("fw_3ZaBcDeFgHiJkLmNoPqRsTuV", "3ZaBcDeFgHiJ"),
    ("cpk_0f1e2d3c4b5a69788796a5b4c3d2e1f0", "0f1e2d3c4b5a6978"),
    (f"sk_{_HEX}", _HEX),
    ("nvapi-q8w7e6r5t4y3", "q8w7e6r5t4y3"),
    ("https://conda.example.org/t/abc/ch", "/abc/"),
]
HARMLESS = [
    "ssl.SSLError: bad pass phrase", "the pass phrase was wrong", "WANDB_API_KEY is not set", "KAGGLE_KEY missing",
    "x-api-key header is required", "X-Auth-Token not given", "AWS_SESSION_TOKEN -> not set", "PGPASSWORD is unset",
    "access token was 'rejected'", "fw_config", "fw_update_2024", "jina_hub", "tvly-python", "cpk_sizes", "sk_buff",
    "nvapi-client", "nvapi-python-1.2", "p4 sync //depot/main", "http://proxy:8080/ and bob@host.example",
    "http://0.0.0.0:8000 is up; mail bob@example.org", "see https://h.example:8443 then ask ann@h.example",
    "//lib:x", "/home/t/abc/lib", "PRIMARY_KEY id", "MY_KEY value", "max_tokens 512", "TOKENIZERS_PARALLELISM false",
    "the key 'a1b2' was not found", "KeyError: 'token q'", "API_KEY environment variable", "CACHE_KEY 0f1e2d3c4b5a6978",
    "HF_TOKEN -> /run/secrets/hf", "kernel sk_0a1b", "tokenizer -> fast",
]  # fmt: skip


@pytest.mark.parametrize(("text", "secret"), SHOWN_ONCE)
def test_it_is_hidden(text: str, secret: str) -> None:
    for around in ("{}", "Error: {} failed", "E0102 it says: {}"):
        assert secret not in scrub(around.format(text))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_looks_alike_stays(text: str) -> None:
    assert scrub(text) == text
