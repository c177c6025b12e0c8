"""bash's messages are read in every language that its catalogues on this machine speak."""

from __future__ import annotations

import io
import json
import os
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from tritondoctor.data import make_foreign_messages
from tritondoctor.logs.line import with_ascii_marks
from tritondoctor.logs.read import read

TABLE = json.loads(
    resources.files("tritondoctor.data").joinpath("foreign_messages.json").read_text("utf-8")
)
CATALOGUES = Path("/usr/share/locale")
COMMANDS = {
    "/tmp/my files/.cache/pytriton/workspace_1/stub": "workspace-path-unsafe",
    "/tmp/a(b/.cache/pytriton/workspace_1/stub": "workspace-path-unsafe",
    "bash -c 'kill -SEGV $$'; true": "ended-by-signal",
    "bash -c 'kill -BUS $$'; true": "ended-by-signal",
    "bash -c 'kill -ILL $$'; true": "ended-by-signal",
    "bash -c 'kill -KILL $$'; true": "ended-by-signal",
}


@pytest.mark.parametrize("language", TABLE)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_bash_says_is_read(language: str, command: str) -> None:
    if not (CATALOGUES / language / "LC_MESSAGES" / "bash.mo").exists():
        pytest.skip(f"bash does not speak {language} here")
    variables = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LANGUAGE": language}
    done = subprocess.run(["bash", "-c", command], env=variables, capture_output=True, check=False)
    (hit,) = read(io.BytesIO(done.stderr.splitlines(keepends=True)[0])).hits
    assert hit.seen.id == COMMANDS[command], done.stderr.decode()
    assert hit.seen.line in with_ascii_marks(done.stderr.decode()), "the line is shown as it was written"


def test_the_table_has_the_catalogues_of_this_machine() -> None:
    if "ID=debian" not in Path("/etc/os-release").read_text():
        pytest.skip("it was made of Debian's")
    try:
        made = make_foreign_messages.messages([CATALOGUES])
    except OSError as missing:
        pytest.skip(str(missing))
    for language, translations in made.items():
        assert translations.items() <= TABLE[language].items(), language


@pytest.mark.parametrize(
    "loader",
    [
        "\u65e0\u6cd5\u6253\u5f00\u5171\u4eab\u5bf9\u8c61\u6587\u4ef6",  # Debian 11 and 12
        "\u65e0\u6cd5\u6253\u5f00\u5171\u4eab\u76ee\u6807\u6587\u4ef6",  # Debian 13
    ],
)
def test_the_loader_speaks_chinese(loader: str) -> None:
    line = (
        f"/w/tritonserver: error while loading shared libraries: libb64.so.0d: {loader}: "
        "\u6ca1\u6709\u90a3\u4e2a\u6587\u4ef6\u6216\u76ee\u5f55"
    )
    (hit,) = read(io.BytesIO(line.encode())).hits
    assert hit.seen.id == "library-missing"
