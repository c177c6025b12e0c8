"""Secrets as providers, people and programs write them, drawn at random, and texts that look alike."""

from __future__ import annotations

import base64
import random
import string
import uuid
from collections.abc import Callable
from typing import NamedTuple

Draw = random.Random
MIXED = string.ascii_letters + string.digits
URLSAFE = MIXED + "-_"
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"
LOWER = string.ascii_lowercase + string.digits


class Planted(NamedTuple):
    """A secret, and a text that holds it."""

    kind: str
    secret: str
    text: str


#: prefix, alphabet, length, what follows: from the scanners' published lists of tokens
_TOKENS = """
github:ghp_:M:36 github-oauth:gho_:M:36 github-app:ghs_:M:36 github-user:ghu_:M:36 github-refresh:ghr_:M:36
gitlab:glpat-:S:20 gitlab-runner:glrt-:S:20 gitlab-deploy:gldt-:S:20 gitlab-trigger:glptt-:H:40 gitlab-feed:glft-:S:20
gitlab-agent:glagent-:S:50 hugging-face:hf_:M:34 hugging-face-org:api_org_:M:34 openai:sk-proj-:S:74 openai-old:sk-:M:48
anthropic:sk-ant-api03-:S:93 stripe:sk_live_:M:24 stripe-restricted:rk_test_:M:24 ngc:nvapi-:S:64 pypi:pypi-AgEIcHlwaS5vcmc:S:70
npm:npm_:M:36 slack-bot:xoxb-123456789012-:M:24 slack-user:xoxp-1234567890-1234567890-:M:30 aws:AKIA:U:16 aws-session:ASIA:U:16
google:AIza:S:35 google-oauth:ya29.:S:60 google-client:GOCSPX-:S:28 docker:dckr_pat_:S:27 vault:hvs.:S:95 vault-batch:hvb.:S:140
digitalocean:dop_v1_:H:64 databricks:dapi:H:32 grafana-cloud:glc_:M:60 linear:lin_api_:M:40 notion:ntn_12345678901:M:35
pulumi:pul-:H:40 rubygems:rubygems_:H:48 clojars:CLOJARS_:L:60 shopify:shpat_:H:32 shopify-secret:shpss_:H:32 twilio:SK:H:32
square:sq0atp-:S:22 facebook:EAAC:M:120 sentry:sntryu_:H:64 sonarqube:squ_:H:40 sourcegraph:sgp_:H:40 planetscale:pscale_pw_:S:43
prefect:pnu_:M:36 perplexity:pplx-:M:48 groq:gsk_:M:52 xai:xai-:M:80 replicate:r8_:M:37 fly:fo1_:S:43 heroku:HRKU-AA:S:58
artifactory:AKCp:M:69 new-relic:NRAK-:U:27 mailgun:key-:H:32 alibaba:LTAI:M:20 yandex:AQVN:S:37 adobe:p8e-:L:32
easypost:EZAK:M:54 duffel:duffel_live_:S:43 frame-io:fio-u-:S:64 infracost:ico-:M:32 readme:rdme_:L:70 typeform:tfp_:S:59
shippo:shippo_live_:H:40 octopus:API-:U:26 openshift:sha256~:S:43 figma:figd_:S:40 atlassian:ATATT3:S:170 supabase:sbp_:H:40
netlify:nfp_:M:36 buildkite:bkua_:H:40 bcrypt:$2b$12$:M:53 bedrock:ABSK:M:120 contentful:CFPAT-:S:43
"""
_ALPHABETS = {"M": MIXED, "S": URLSAFE, "H": HEX, "U": UPPER, "L": LOWER}


def word(draw: Draw, length: int, letters: str = MIXED) -> str:
    """A text drawn at random, ending in a letter or digit."""
    return "".join(draw.choices(letters, k=length - 1)) + draw.choice(
        [letter for letter in letters if letter.isalnum()]
    )


def _token(kind: str, prefix: str, letters: str, length: int) -> Callable[[Draw], Planted]:
    def make(draw: Draw) -> Planted:
        secret = prefix + word(draw, length, letters)
        return Planted(kind, secret, secret)

    return make


def _in(kind: str, frame: str, letters: str = MIXED, least: int = 8) -> Callable[[Draw], Planted]:
    """A password that only the words around it betray."""

    def make(draw: Draw) -> Planted:
        secret = "Zx9" + word(draw, draw.randrange(least, least + 12), letters)
        return Planted(kind, secret, frame.format(secret))

    return make


def _uuid(kind: str, frame: str) -> Callable[[Draw], Planted]:
    def make(draw: Draw) -> Planted:
        secret = str(uuid.UUID(int=draw.getrandbits(128)))
        return Planted(kind, secret, frame.format(secret))

    return make


def _base64(draw: Draw) -> Planted:
    secret = base64.b64encode(bytes(draw.randrange(256) for _ in range(48))).decode()
    return Planted("base64", secret, secret)


def _jwt(draw: Draw) -> Planted:
    secret = f"eyJ{word(draw, 30)}.eyJ{word(draw, 40)}.{word(draw, 43, URLSAFE)}"
    return Planted("jwt", secret, secret)


TOKENS: dict[str, Callable[[Draw], Planted]] = {
    kind: _token(kind, prefix, _ALPHABETS[letters], int(length))
    for kind, prefix, letters, length in (part.rsplit(":", 3) for part in _TOKENS.split())
}
TOKENS |= {"jwt": _jwt, "base64": _base64}
_FRAMES = {
    "url": "https://user:{}@host.example/simple", "url-slash": "https://bob:a/{}@host/x", "url-user": "ftp://{}@host/x",
    "url-empty-user": "redis://:{}@cache:6379", "url-database": "postgresql+psycopg2://u:{}@db:5432/x",
    "url-at": "https://u:p@{}@host/x", "proxy": "bob:{}@proxy:3128", "query": "https://h.example/x?access_token={}&a=1",
    "signed": "https://b.example/k?X-Amz-Signature={}&X-Amz-Date=1", "sas": "https://a.example/c?sv=2022&sig={}&se=2026",
    "slack-hook": "https://hooks.slack.com/services/T01234567/B01234567/{}",
    "discord-hook": "https://discord.com/api/webhooks/123456789012345678/{}", "variable": "DB_PASS={}",
    "export": "export MY_API_KEY='{}'", "yaml": "password: {}", "json": '"client_secret": "{}"', "camel": "dbPassword={}",
    "arrow": "auth_token => {}", "passphrase": "passphrase: {}", "option": "--password {}", "option-equals": "--api-key={}",
    "bearer": "Authorization: Bearer {}", "basic": "Proxy-Authorization: Basic {}", "header": "X-Api-Key: {}",
    "cookie": "Cookie: session={}", "connection": "Server=x;User Id=sa;Password={};Database=y",
    "azure-account": "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={}==;EndpointSuffix=y",
    "xml": "<password>{}</password>", "kubernetes": '{{"name": "DB_PASSWORD", "value": "{}"}}', "curl": "curl -u bob:{} https://h",
    "mysql": "mysql -u root -p{} db", "sshpass": "sshpass -p {} ssh h", "netrc": "machine h login bob password {}",
    "openssl": "openssl rsa -passin pass:{}", "prose": "the password is {}!", "said": "login with password {} failed",
    "triton": "--grpc-restricted-protocol=infer:key={}", "escaped": '\\"token\\": \\"{}\\"', "percent": "token%3D{}",
    "django": "SECRET_KEY = '{}'", "pgpass": "db.example:5432:*:bob:{}", "oracle": "jdbc:oracle:thin:scott/{}@//db:1521/x",
    "redis-cli": "redis-cli -h c -a {}", "docker-login": "docker login -u bob -p {} r", "dsn": "SENTRY_DSN=https://{}@o1.example/2",
}  # fmt: skip
IN_WORDS = {kind: _in(kind, frame) for kind, frame in _FRAMES.items()}
IN_WORDS |= {
    "conda": _uuid("conda", "https://conda.example.org/t/ab-{}/ch/linux-64"),
    "sdk-key": _uuid("sdk-key", "LD_SDK_KEY=sdk-{}"),
    "hex-key": _in("hex-key", "encryption_key={}", HEX, 32),
    "random": lambda draw: Planted("random", secret := f"{word(draw, 22)}aB1{word(draw, 25)}", secret),
}
KINDS = {**TOKENS, **IN_WORDS}


def secrets(draw: Draw, count: int, kinds: dict[str, Callable[[Draw], Planted]] = KINDS) -> list[Planted]:
    """`count` secrets, of all kinds in turn."""
    makers = list(kinds.values())
    return [makers[number % len(makers)](draw) for number in range(count)]


def _hex(draw: Draw, length: int) -> str:
    return "".join(draw.choices(HEX, k=length))


def _sha(draw: Draw) -> str:
    return base64.urlsafe_b64encode(bytes(draw.randrange(256) for _ in range(32))).decode().rstrip("=")


_WORDS = [
    "model",
    "server",
    "triton",
    "python",
    "backend",
    "cuda",
    "driver",
    "library",
    "tensor",
    "package",
    "stable",
    "config",
    "cache",
    "linear",
]


def _name(draw: Draw) -> str:
    return draw.choice(_WORDS)


#: what stands in reports, logs and locks, and is nobody's secret
HARMLESS: dict[str, Callable[[Draw], str]] = {
    "record": lambda draw: f"{_name(draw)}/__init__.py,sha256={_sha(draw)},{draw.randrange(99999)}",
    "integrity": lambda draw: f"sha512-{base64.b64encode(bytes(draw.randrange(256) for _ in range(64))).decode()}",
    "host-key": lambda draw: f"ED25519 key fingerprint is SHA256:{_sha(draw)}.",
    "pin": lambda draw: f"{_name(draw)}==1.{draw.randrange(99)} --hash=sha256:{_hex(draw, 64)}",
    "digest": lambda draw: f"nvcr.io/nvidia/{_name(draw)}:23.10@sha256:{_hex(draw, 64)}",
    "commit": lambda draw: f"git+https://github.com/x/{_name(draw)}.git@{_hex(draw, 40)}",
    "tag": lambda draw: f"git+ssh://git@host.example:22/o/{_name(draw)}@v1.{draw.randrange(99)}",
    "build-id": lambda draw: f"/usr/lib/debug/.build-id/{_hex(draw, 2)}/{_hex(draw, 38)}.debug",
    "build": lambda draw: f"/opt/conda/pkgs/{_name(draw)}-1.{draw.randrange(99)}-py310h{_hex(draw, 7)}_0/lib",
    "wheel": lambda draw: f"{_name(draw)}-2.{draw.randrange(9)}-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "wheel-capitals": lambda draw: f"PyYAML-6.0.{draw.randrange(9)}-cp311-cp311-manylinux_2_17_x86_64.whl",
    "gpu": lambda draw: f"GPU-{uuid.UUID(int=draw.getrandbits(128))}",
    "mig": lambda draw: f"MIG-GPU-{uuid.UUID(int=draw.getrandbits(128))}/1/0",
    "uuid": lambda draw: f"mount {uuid.UUID(int=draw.getrandbits(128))} on /data",
    "container": lambda draw: f"/var/lib/docker/overlay2/{_hex(draw, 64)}/merged",
    "nix": lambda draw: f"/nix/store/{word(draw, 32, LOWER)}-glibc-2.{draw.randrange(38)}/lib",
    "temporary": lambda draw: f"/tmp/pytest-of-ana/pytest-{draw.randrange(99)}/{_name(draw)}_{word(draw, 8, LOWER)}",
    "workspace": lambda draw: f"/home/ana/.cache/pytriton/workspace_{word(draw, 8, LOWER)}/tritonserver/bin/tritonserver",
    "shm": lambda draw: f"Unable to initialize shared memory key 'pytrtion{draw.randrange(99999)}-{_hex(draw, 16)}-1ecc-41b5-9589-{_hex(draw, 12)}' to requested size",
    "symbol": lambda draw: f"undefined symbol: _ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE{draw.randrange(9)}_M_appendEPKcm",
    "symbol-2": lambda draw: f"undefined symbol: _ZN{draw.randrange(10, 99)}tensorflow4core17OpKernelConstructionE",
    "version": lambda draw: f"libstdc++.so.6: version `GLIBCXX_3.4.{draw.randrange(40)}' not found",
    "hashed-library": lambda draw: f"libcudart-{_hex(draw, 8)}.so.12.{draw.randrange(9)}.77",
    "camel": lambda draw: f"/home/x/MyVeryLongProjectNameWithManyCapitals{draw.randrange(2000, 2030)}/lib",
    "number": lambda draw: f"max_tokens={draw.randrange(9999)} top_k={draw.randrange(99)}",
    "tokenizer": lambda draw: f"TOKENIZERS_PARALLELISM=false tokenizer=/models/{_name(draw)}",
    "monkey": lambda draw: f"/srv/monkey={draw.randrange(9)}/keys/token/secret/{_name(draw)}",
    "primary-key": lambda draw: f"primary_key={_name(draw)} sort_key={_name(draw)} cache_key={_name(draw)}",
    "sentence": lambda draw: f"the {_name(draw)} token was not accepted: password authentication failed for {_name(draw)}",
    "sentence-2": lambda draw: f"basic authentication is disabled; a secret is required by {_name(draw)}",
    "key-error": lambda draw: f"KeyError: '{_name(draw)}'  key not found in {_name(draw)}",
    "file": lambda draw: f"token_file=/run/{_name(draw)} password_file=/etc/{_name(draw)} --password-file /run/{_name(draw)}",
    "author": lambda draw: f"author: {_name(draw)} authority={_name(draw)} passed={draw.randrange(99)} bypass=1",
    "directory": lambda draw: f"PWD=/home/ana/{_name(draw)} OLDPWD=/srv/{_name(draw)}",
    "mail": lambda draw: f"Maintainer: {_name(draw)} <{_name(draw)}@example.org>, mailto:{_name(draw)}@example.org",
    "port": lambda draw: f"http://127.0.0.1:{draw.randrange(1024, 65535)}/v2/health/ready",
    "address": lambda draw: f"[::1]:{draw.randrange(1024, 65535)} is in use by {_name(draw)}",
    "time": lambda draw: f"I1125 10:{draw.randrange(10, 59)}:20.{draw.randrange(999999):06} 4 server.cc:{draw.randrange(999)}] {_name(draw)}",
    "seed": lambda draw: f"PYTHONHASHSEED={draw.randrange(9999)} LANG=C.UTF-8",
    "platform": lambda draw: f"https://conda.example/pkgs/{_name(draw)}/linux-64 https://host.example/t-{_name(draw)}/x",
}  # fmt: skip
