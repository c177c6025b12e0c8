"""No planted secret reaches any output; what is no secret stays; paths tell no user's name."""

from __future__ import annotations

import io
import json
import os
import random
import shlex
import string
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from tests.reports.make_cases import CASES
from tests.test_cli import run
from tritondoctor.examination import masks, snapshot
from tritondoctor.examination.report import as_json, masked, report_of
from tritondoctor.facts.conda.model import ShellLine
from tritondoctor.facts.model import Facts
from tritondoctor.privacy import environment
from tritondoctor.privacy.scrub import without_secrets
from tritondoctor.reports.console import show
from tritondoctor.reports.formats import FORMATS, render
from tritondoctor.support.detail import Detail
from tritondoctor.target import Target

LETTERS = string.ascii_letters + string.digits
PLANTED, A_REPORT = 10_000, 250
Draw = random.Random


def _text(draw: Draw, length: int, letters: str = LETTERS) -> str:
    return "".join(draw.choices(letters, k=length))


def _base64(draw: Draw) -> str:
    """Random text of 32 letters and more, with capitals, small letters and digits as chance has them."""
    return _text(draw, draw.randrange(32, 64))


#: the published shapes of tokens
TOKENS: dict[str, Callable[[Draw], str]] = {
    "github": lambda draw: f"gh{draw.choice('pousr')}_{_text(draw, 36)}",
    "github fine-grained": lambda draw: f"github_pat_{_text(draw, 22)}_{_text(draw, 59)}",
    "gitlab": lambda draw: f"glpat-{_text(draw, 20, LETTERS + '-_')}",
    "hugging face": lambda draw: f"hf_{_text(draw, 34)}",
    "openai": lambda draw: f"sk-proj-{_text(draw, 48, LETTERS + '-_')}",
    "ngc": lambda draw: f"nvapi-{_text(draw, 64, LETTERS + '-_')}",
    "pypi": lambda draw: f"pypi-AgEIcHlwaS5vcmc{_text(draw, 60, LETTERS + '-_')}",
    "npm": lambda draw: f"npm_{_text(draw, 36)}",
    "slack": lambda draw: f"xoxb-{_text(draw, 12, string.digits)}-{_text(draw, 24)}",
    "aws id": lambda draw: f"AKIA{_text(draw, 16, string.ascii_uppercase + string.digits)}",
    "google": lambda draw: f"AIza{_text(draw, 35, LETTERS + '-_')}",
    "jwt": lambda draw: f"eyJ{_text(draw, 30)}.eyJ{_text(draw, 40)}.{_text(draw, 43, LETTERS + '-_')}",
}
#: what it may look like where it stands for itself, and where words around it say what it is
ANY_WORD: dict[str, Callable[[Draw], str]] = {
    **TOKENS,
    "word": lambda draw: _text(draw, draw.randrange(8, 24), LETTERS + "!$%^*-_+"),
}
AROUND = (
    "export {name}={secret}",
    "{name}='{secret}' python serve.py",
    '"{key}": "{secret}"',
    "{key}: {secret}",
    "https://user:{secret}@host.example/simple",
    "ftp://{secret}@host/x",
    "https://host/f?{key}={secret}&x=1",
    "curl -H 'Authorization: Bearer {long}' host",
    "https://conda.example/t/{plain}/channel",
)
ALONE = (
    "{token}",
    "/opt/{token}/lib",
    "/srv/x:{token}/lib:/y",
    "ImportError: {token}",
    "no such file: {token}",
)
NAMES = (
    "HF_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "DB_PASSWORD",
    "MY_API_KEY",
    "GIT_CREDENTIALS",
    "PRIVATE_KEY",
)
KEYS = ("token", "password", "api_key", "client_secret", "access_token", "X-Amz-Signature", "auth")


def _planted(draw: Draw) -> tuple[str, str]:
    """(a secret, a text that holds it)."""
    if draw.random() < 0.5:
        secret = draw.choice(list(ANY_WORD.values()))(draw)
        around = draw.choice(AROUND)
        if "{long}" in around or "{plain}" in around:
            secret = _text(draw, 24)
    else:
        secret = draw.choice([*TOKENS.values()])(draw)
        around = draw.choice(ALONE)
    fields = dict.fromkeys(("secret", "token", "long", "plain"), secret)
    key = draw.choice(KEYS)
    return secret, around.format(name=draw.choice(NAMES), key=key, **fields)


def _facts() -> Facts:
    return snapshot.read(str(CASES / "two-causes.snapshot")).facts


def _full_of(texts: list[str]) -> Facts:
    """The recorded facts with a text planted in every field that can hold one."""
    data = json.loads(msgspec.json.encode(_facts()))
    left = iter(texts)
    asked, launch = data["interpreter"], data["launch"]
    for _ in range(20):
        data["shell"].append(
            msgspec.to_builtins(ShellLine("/x/.bashrc", 1, next(left), "PATH", next(left)))
        )
    for key in ("problem", "variables_problem", "version_text", "user_site"):
        asked[key] = next(left)
    asked["sys_path"] += [next(left) for _ in range(20)]
    asked["config"] |= {f"name{number}": next(left) for number in range(10)}
    data["library_path"] += [
        {"text": next(left), "state": "missing", "conda_prefix": None} for _ in range(20)
    ]
    data["preload_missing"] = [next(left) for _ in range(10)]
    launch["bash_env_effects"] = [next(left) for _ in range(5)]
    launch["settings"] = [{"variable": "X", "why": next(left)} for _ in range(10)]
    for program in launch["programs"]:
        for problem in program["problems"]:
            problem["message"] = next(left)
            problem["tried"] = [
                {"path": next(left), "rule": "cache", "why": next(left)} for _ in range(3)
            ]
    names = ("LD_LIBRARY_PATH", "http_proxy", "PYTHONPATH", *NAMES)
    shown, hidden = environment.variables({name: next(left) for name in names})
    data["variables"] |= shown
    data["hidden_variables"] = [*hidden]
    data["cwd"] = next(left)
    for index, text in enumerate(left):
        data["variables"][f"LD_{index}"] = text
    return msgspec.convert(data, Facts)


def _outputs(facts: Facts) -> dict[str, str]:
    target = Target("/x/python", None, "--python /x/python", {}, "/x")
    taken = snapshot.take(target, facts, paths=False)
    kept = snapshot.parse(snapshot.as_text(taken).encode(), "it")
    report = masked(snapshot.report(taken, "it"), paths=False)
    live = masked(report_of(target, facts), paths=True)
    told = {format: render(format, report) for format in FORMATS}
    told["json of fix and selftest"] = json.dumps(as_json(report_of(target, facts)))
    told |= {f"{format} live": render(format, live) for format in FORMATS}
    return {**told, "snapshot": snapshot.as_text(kept)}


@pytest.mark.parametrize("seed", range(PLANTED // A_REPORT))
def test_planted_secrets_are_in_no_output(seed: int) -> None:
    draw = random.Random(seed)
    planted = [_planted(draw) for _ in range(A_REPORT)]
    for format, told in _outputs(_full_of([text for _, text in planted])).items():
        told_plain = told.replace("\\", "")
        for secret, text in planted:
            assert secret not in told and secret not in told_plain, (format, text)


def test_what_stands_in_the_machine_is_in_no_output(environment: str, tmp_path: Path) -> None:
    draw = random.Random(0)
    secrets = [make(draw) for make in TOKENS.values()]
    (tmp_path / ".bashrc").write_text(
        "".join(f"export LD_LIBRARY_PATH=/opt/{secret}/lib\n" for secret in secrets)
    )
    (tmp_path / "env.sh").write_text(f"export HF_TOKEN={secrets[0]}\nexport PATH=/{secrets[1]}:$PATH\n")
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "BASH_ENV": str(tmp_path / "env.sh"),
        "LD_LIBRARY_PATH": ":".join(f"/opt/{secret}/lib" for secret in secrets),
        "PYTHONPATH": f"/{secrets[2]}",
        "https_proxy": f"http://me:{secrets[3]}@proxy:1",
        "PYTRITON_HOME": f"/tmp/{secrets[4]}",
        **{f"SECRET_{number}": one for number, one in enumerate(secrets)},
    }
    for format in FORMATS:
        done = run("check", "--prefix", environment, "--format", format, env=variables)
        assert done.returncode in (0, 1), done.stderr
        assert not [secret for secret in secrets if secret in done.stdout + done.stderr], format
    done = run("snapshot", "-", "--prefix", environment, env=variables)
    assert done.returncode == 0
    assert not [secret for secret in secrets if secret in done.stdout]


@pytest.mark.parametrize("case", ["two-causes", "wrong-build", "healthy", "no-pytriton"])
def test_nothing_is_taken_for_a_secret_that_is_none(case: str) -> None:
    removed: Counter[str] = Counter()
    facts = snapshot.read(str(CASES / f"{case}.snapshot")).facts
    assert masks.mask(facts, facts, paths=True, removed=removed) == facts
    assert not removed


@pytest.mark.parametrize(
    "text",
    [
        "/opt/conda/pkgs/hf_transfer-0.1.4-py310h1234567_0/lib",
        "/srv/monkey=1/keys/token/secret",
        "sha256=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG",
        "PYTHONHASHSEED=0",
        "task-runner-for-models-2024",
        "/home/x/MyVeryLongProjectNameWithManyCapitals2024/lib",
        "libcudart-09529672.so.12.6.77",
        "/nix/store/0c1p5z4kwv7jsw5bfp0a2bfgy3wy4fzk-glibc-2.38/lib",
        "https://conda.example/pkgs/main/linux-64",
    ],
)
def test_such_texts_stay(text: str) -> None:
    assert without_secrets(text) == (text, ())


def _as(home: str, user: str, uid: int = 1000) -> Facts:
    facts = _facts()
    host = msgspec.structs.replace(facts.host, user=user, uid=uid)
    return msgspec.structs.replace(facts, host=host, variables={"HOME": home})


@pytest.mark.parametrize(
    ("home", "user", "text", "told"),
    [
        ("/home/ana", "ana", "/home/ana/venv/bin", "~/venv/bin"),
        ("/home/ana", "ana", "/home/ana", "~"),
        ("/home/ana", "ana", "/home/anabel/x", "/home/anabel/x"),
        ("/home/ana", "ana", "/mnt/home/ana/x", "/mnt/home/$USER/x"),
        ("/home/ana", "ana", "a:/home/ana/x:/y", "a:~/x:/y"),
        ("/home/ana", "ana", "file:///home/ana/x", "file://~/x"),
        ("/home/ana", "ana", "-L/home/ana/lib", "-L~/lib"),
        ("/home/ana", "ana", "banana in /opt/banana/ana", "banana in /opt/banana/ana"),
        ("/home/ana", "ana", "/scratch/ana/x", "/scratch/$USER/x"),
        ("/data/people/7", "ana", "/data/people/7/x", "~/x"),
        ("/home/lib", "lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"),
        ("/root", "root", "/root/x and /data/root/y", "~/x and /data/root/y"),
        ("/", "ana", "/usr/bin", "/usr/bin"),
        ("", "", "/usr/bin", "/usr/bin"),
    ],
)
def test_home_and_user_are_hidden_as_the_beginning_of_a_path(
    home: str, user: str, text: str, told: str
) -> None:
    facts = _as(home, user, 0 if user == "root" else 1000)
    planted = msgspec.structs.replace(facts, cwd=text)
    assert masks.mask(planted, facts, paths=False, removed=Counter()).cwd == told
    assert masks.mask(planted, facts, paths=True, removed=Counter()).cwd == text


@pytest.mark.parametrize("home", ["/home/ana", "/home/a na", "/home/a$(x)na"])
@pytest.mark.parametrize("rest", ["venv/lib", "my venv/lib", "it`s $HOME/lib", 'a"b'])
def test_a_command_can_still_be_typed(home: str, rest: str) -> None:
    facts = _as(home, "ana")
    line = f"printf %s {shlex.quote(f'{home}/{rest}')}"
    hidden = masks._command(line, masks._home(facts, "~", "$USER", Counter()))
    assert home not in hidden
    done = subprocess.run(
        ["bash", "-c", hidden],
        env={"HOME": home, "USER": "ana"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{home}/{rest}"


def test_the_footer_counts_by_rule() -> None:
    facts = msgspec.structs.replace(
        _facts(),
        cwd="/x/glpat-" + "a1B2" * 5,
        hidden_variables=("A", "B"),
        preload_missing=("ftp://u:p@h/x",),
    )
    read = snapshot.read(str(CASES / "two-causes.snapshot"))
    report = masked(snapshot.report(msgspec.structs.replace(read, facts=facts), "it"), paths=False)
    page = Console(file=io.StringIO(), width=200)
    show(report, page, Detail.FULL)
    told = " ".join(page.file.getvalue().split())  # type: ignore[attr-defined]
    assert "values of 2 environment variables" in told and "1 access token (known-token)" in told
    assert "(url-credentials)" in told and "~ stands for the home folder" in told
    assert json.loads(render("json", report))["redaction"]["untold_variables"] == 2
