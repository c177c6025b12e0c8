"""Makes the pictures of the documentation (`make pictures`): screens by the doctor, pages by Chromium."""

from __future__ import annotations

import fcntl
import html
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from PIL import Image
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tritondoctor.tuning.model import TuneResult

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
CASES = ROOT / "tests" / "reports" / "cases"
RACE = ROOT / "tests" / "tuning" / "recorded.json"
LOG = ROOT / "tests" / "logs" / "real" / "libpython-on-no-path_3.10.log"
DOCTOR = [sys.executable, "-I", "-m", "tritondoctor"]
COLUMNS, ROWS = 80, 24
_SHADES, _RUNS = 96, 3
_DARK = "--blink-settings=preferredColorScheme=0"
_CONTROL = re.compile(r"(\n|\r|\x1b\[1A|\x1b\[2K|\x1b\[\?25[lh])")
#: rich's own template asks the network for a font
_TEXT = re.compile(r"(<text [^>]*textLength=\")([\d.]+)(\"[^>]*>)([^<]+)</text>")
_FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)


class Shot(NamedTuple):
    """A picture of a page at a width and height in pixels."""

    name: str
    page: str
    width: int
    height: int
    flags: tuple[str, ...] = ()


SHOTS = (
    Shot("page", "two-causes", 1200, 1420),
    Shot("page-dark", "two-causes", 1200, 1420, (_DARK,)),
    Shot("page-phone", "two-causes", 400, 1900),
    Shot("page-paper", "paper", 700, 1900),
    Shot("plan", "plan", 1200, 1000),
    Shot("plan-dark", "plan", 1200, 1000, (_DARK,)),
    Shot("plan-phone", "plan", 400, 1700),
    Shot("plan-phone-dark", "plan", 400, 1700, (_DARK,)),
    Shot("fleet", "fleet", 1200, 1500),
    Shot("fleet-phone", "fleet", 400, 1900),
    Shot("tune-page", "tune", 1200, 1500),
    Shot("tune-page-dark", "tune", 1200, 1500, (_DARK,)),
    Shot("tune-page-phone", "tune", 400, 1900),
    Shot("tune-page-paper", "tune-paper", 700, 1900),
    Shot("page-zh", "two-causes-zh", 1200, 1420),
)
_CHINESE = ("--lang", "zh_CN")


def main() -> None:
    """Makes every picture; what a machine cannot make stays as it is, and is named."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as made:
        folder = Path(made)
        (folder / "server.log").write_bytes(LOG.read_bytes())
        explained = in_terminal([*DOCTOR, "explain", "server.log"], folder)
        _wrote(_svg("explain", "tritondoctor explain server.log", explained))
        explained = in_terminal([*DOCTOR, *_CHINESE, "explain", "server.log"], folder)
        _wrote(_svg("explain-zh", "tritondoctor explain server.log", explained))
        _environment(folder)
        _tuned(folder)
        _pages(folder)


def _wrote(path: Path) -> None:
    print(f"wrote {path.relative_to(ROOT)} ({path.stat().st_size // 1000} kB)")


def in_terminal(command: Sequence[str], folder: Path) -> str:
    """What a command prints in a terminal of 80 columns, with its colours."""
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    variables = {**os.environ, "TERM": "xterm-256color"}
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LANGUAGE"):
        variables.pop(name, None)
    with subprocess.Popen(
        command, stdin=its, stdout=its, stderr=its, env=variables, cwd=folder
    ) as process:
        os.close(its)
        parts = []
        while True:
            try:
                part = os.read(mine, 65536)
            except OSError:  # the terminal's other end is closed
                break
            if not part:
                break
            parts.append(part)
        process.wait()
    os.close(mine)
    return _settled(b"".join(parts).decode())


def _settled(output: str) -> str:
    """What stays on the screen when lines of progress are erased."""
    lines = [""]
    for piece in _CONTROL.split(output):
        if piece == "\n":
            lines.append("")
        elif piece == "\x1b[1A":
            lines.pop()
        elif piece == "\x1b[2K":
            lines[-1] = ""
        elif not _CONTROL.fullmatch(piece):
            lines[-1] += piece
    return "\n".join(lines)


def _by_cells(text: re.Match[str]) -> str:
    """A text as long as its cells: rich counts characters, and a Chinese one has two cells."""
    length, words = float(text[2]), html.unescape(text[4])
    return f"{text[1]}{round(length * cell_len(words) / len(words), 1):g}{text[3]}{text[4]}</text>"


def _svg(name: str, typed: str, output: str) -> Path:
    with open(os.devnull, "w") as nowhere:
        console = Console(width=COLUMNS, record=True, file=nowhere, force_terminal=True)
        console.print(Text.assemble(("$ ", "dim"), (typed, "bold")))
        console.print(Text.from_ansi(output.rstrip("\n")))
    path = PICTURES / f"{name}.svg"
    drawn = console.export_svg(title="", unique_id=name)
    drawn = _TEXT.sub(_by_cells, _FONT.sub("", drawn))
    path.write_text("\n".join(line.rstrip() for line in drawn.splitlines()) + "\n")
    return path


def _environment(folder: Path) -> None:
    """Screens of a real environment: broken, its plan, and repaired; and the page of the plan."""
    from tests.remedies.cycle import Doctor
    from tests.truth import stock
    from tests.truth.place import Place

    def doctor() -> str:
        stock.public_doctor(folder / "doctor")
        return f"{folder}/doctor/venv/bin/python"

    try:
        place = Place(folder / "linear", "3.10", "0.7.0", doctor)
        place.set(VIRTUAL_ENV=place.prefix, TERM="xterm-256color")
        place.unset("LD_LIBRARY_PATH")
        environment = Doctor(place)
    except stock.Absent as absent:
        print(f"The pictures of check and fix stay as they are: {absent}")
        return

    def screen(name: str, *words: str, more: Sequence[str] = ()) -> None:
        command = environment.command(*words, *more)
        output = min((in_terminal(command, Path(place.cwd)) for _ in range(_RUNS)), key=_seconds)
        output = re.sub(r"[^\s\uff1a]*/python -m tritondoctor", "tritondoctor", output)
        _wrote(_svg(name, " ".join(["tritondoctor", *words]), _with_example_paths(output, place.here)))

    screen("check", "check")
    screen("check-zh", "check", more=_CHINESE)
    screen("fix-zh", "fix", "--dry-run", more=("--no-selftest", *_CHINESE))
    screen("fix", "fix", "--dry-run", "--html", "plan.html", more=("--no-selftest",))
    page = (Path(place.cwd) / "plan.html").read_text()
    (folder / "plan.html").write_text(_with_example_paths(page, place.here))
    environment.run("fix", "--yes", "--no-selftest")
    screen("sound", "check")


def _tuned(folder: Path) -> None:
    """The screen and the page of a race that was kept."""
    from tritondoctor.reports import tune, tune_html

    result = recorded_race()
    with open(os.devnull, "w") as nowhere:
        console = Console(width=COLUMNS, record=True, file=nowhere, force_terminal=True)
        for line, style in tune.lines(result, COLUMNS, blocks=True):
            console.print(Text(line, style=style), soft_wrap=True)
    output = console.export_text(styles=True)
    typed = f"tritondoctor tune server.py:{result.function} --budget {result.budget_ms:g}ms"
    _wrote(_svg("tune", typed, output))
    page = tune_html.render(result)
    (folder / "tune.html").write_text(page)
    (folder / "tune-paper.html").write_text(_for_paper(page))


def recorded_race() -> TuneResult:
    """A real race, as `tune --json` printed it."""
    kept = json.loads(RACE.read_text())
    fields = {name: value for name, value in kept.items() if name in TuneResult.__struct_fields__}
    return msgspec.convert(fields, TuneResult)


def _seconds(output: str) -> float:
    """How long the doctor took, as it says; on a busy machine the quickest of several runs is shown."""
    found = re.search(r"[(\uff08](\d+\.\d+) (?:s|\u79d2)", output)
    return float(found[1]) if found else 0.0


def _with_example_paths(text: str, here: Path) -> str:
    text = text.replace(str(here), "/home/ana/linear")
    return re.sub(r"[^\s>\"']*/\.pyenv/versions/[^/]*", "/opt/python", text)


def _pages(folder: Path) -> None:
    browser = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if browser is None:
        print("The pictures of pages stay as they are: no Chromium is installed.")
        return
    case, checked = str(CASES / "two-causes.snapshot"), folder / "two-causes.html"
    subprocess.run(
        [*DOCTOR, "check", "--from", case, "--format", "html", "--output", str(checked)],
        capture_output=True, check=False,
    )  # fmt: skip
    subprocess.run(
        [*DOCTOR, *_CHINESE, "check", "--from", case, "--format", "html",
         "--output", str(folder / "two-causes-zh.html")],
        capture_output=True, check=False,
    )  # fmt: skip
    hosts = subprocess.run(
        [sys.executable, "-m", "tests.fleet.synthetic", "60"], cwd=ROOT, capture_output=True, check=True
    )
    (folder / "hosts.jsonl").write_bytes(hosts.stdout)
    subprocess.run(
        [*DOCTOR, "fleet", "report", str(folder / "hosts.jsonl"), "--format", "html",
         "--output", str(folder / "fleet.html")],
        capture_output=True, check=False,
    )  # fmt: skip
    (folder / "paper.html").write_text(_for_paper(checked.read_text()))
    for shot in SHOTS:
        if (folder / f"{shot.page}.html").exists():
            _wrote(_photographed(browser, folder, shot))


def _run(browser: str, folder: Path, page: str, *flags: str) -> None:
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         f"--user-data-dir={folder}/profile", *flags, (folder / page).as_uri()],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip


def _photographed(browser: str, folder: Path, shot: Shot) -> Path:
    """A window is never narrower than 500 pixels, so the page stands in a frame."""
    frame = folder / "frame.html"
    frame.write_text(
        f'<body style="margin:0"><iframe src="{shot.page}.html" scrolling="no" '
        f'style="border:0;width:{shot.width}px;height:{shot.height}px"></iframe>'
    )
    taken = folder / "shot.png"
    size = f"--window-size={max(shot.width, 500)},{shot.height}"
    _run(browser, folder, frame.name, size, f"--screenshot={taken}", *shot.flags)
    return _small(taken, shot.name, shot.width, shot.height)


def _small(taken: Path, name: str, width: int, height: int) -> Path:
    path = PICTURES / f"{name}.png"
    with Image.open(taken) as image:
        cut = image.convert("RGB").crop((0, 0, width, height))
        cut.quantize(_SHADES, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def _for_paper(page: str) -> str:
    """The page with the style of paper on the screen."""
    return page.replace("@media print", "@media all")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
