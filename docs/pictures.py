"""Makes the pictures of the documentation (`make pictures`): screens by the doctor, pages by Chromium."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
CASES = ROOT / "tests" / "reports" / "cases"
LOG = ROOT / "tests" / "logs" / "real" / "libpython-on-no-path_3.10.log"
DOCTOR = [sys.executable, "-I", "-m", "tritondoctor"]
COLUMNS, ROWS = 80, 24
_SHADES = 96
_DARK = "--blink-settings=preferredColorScheme=0"
#: rich's own template asks the network for a font
_FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)


class Screen(NamedTuple):
    """A picture of a terminal: its file, the command as a reader types it, and what is really run."""

    name: str
    typed: str
    arguments: Sequence[str]


class Shot(NamedTuple):
    """A picture of a page at a width and height in pixels."""

    name: str
    page: str
    width: int
    height: int
    flags: tuple[str, ...] = ()


SCREENS = (
    Screen("check", "tritondoctor check", ("check", "--from", str(CASES / "two-causes.snapshot"))),
    Screen("sound", "tritondoctor check", ("check", "--from", str(CASES / "healthy.snapshot"))),
    Screen("explain", "tritondoctor explain server.log", ("explain", str(LOG))),
)
SHOTS = (
    Shot("page", "two-causes", 1200, 1420),
    Shot("page-dark", "two-causes", 1200, 1420, (_DARK,)),
    Shot("page-phone", "two-causes", 400, 1900),
    Shot("page-paper", "paper", 700, 1900),
    Shot("plan", "plan", 1200, 1000),
    Shot("fleet", "fleet", 1200, 1500),
)


def main() -> None:
    """Makes every picture; what a machine cannot make stays as it is, and is named."""
    PICTURES.mkdir(exist_ok=True)
    for screen in SCREENS:
        _wrote(_draw(screen))
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder, _broken(Path(folder)) as plan:
        if plan is not None:
            (Path(folder) / "plan.html").write_text(plan.page)
            _wrote(_svg("fix", "tritondoctor fix --dry-run", plan.screen))
        _pages(Path(folder))


def _wrote(path: Path) -> None:
    print(f"wrote {path.relative_to(ROOT)} ({path.stat().st_size // 1000} kB)")


def _draw(screen: Screen) -> Path:
    return _svg(screen.name, screen.typed, in_terminal([*DOCTOR, *screen.arguments]))


def in_terminal(command: Sequence[str]) -> str:
    """What a command prints in a terminal of 80 columns, with its colours."""
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    variables = {**os.environ, "TERM": "xterm-256color"}
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LANGUAGE"):
        variables.pop(name, None)
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=variables, cwd=ROOT) as process:
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
    return b"".join(parts).decode().replace("\r\n", "\n")


def _svg(name: str, typed: str, output: str) -> Path:
    with open(os.devnull, "w") as nowhere:
        console = Console(width=COLUMNS, record=True, file=nowhere, force_terminal=True)
        console.print(Text.assemble(("$ ", "dim"), (typed, "bold")))
        console.print(Text.from_ansi(output.rstrip("\n")))
    path = PICTURES / f"{name}.svg"
    drawn = console.export_svg(title="", unique_id=name)
    path.write_text("\n".join(line.rstrip() for line in _FONT.sub("", drawn).splitlines()) + "\n")
    return path


class Plan(NamedTuple):
    """A plan on the screen and as a page."""

    screen: str
    page: str


@contextmanager
def _broken(folder: Path) -> Iterator[Plan | None]:
    """The plan for a real environment without its libpython; None where no such Python is here."""
    from tests.remedies.cycle import Doctor
    from tests.truth import stock
    from tests.truth.place import Place

    def doctor() -> str:
        stock.public_doctor(folder / "doctor")
        return f"{folder}/doctor/venv/bin/python"

    try:
        place = Place(folder / "linear", "3.10", "0.7.0", doctor)
        _ = place.prefix
        place.unset("LD_LIBRARY_PATH")
        place.variables["TERM"] = "xterm-256color"
        environment = Doctor(place)
    except stock.Absent as absent:
        print(f"docs/pictures/fix.svg and plan.png stay as they are: {absent}")
        yield None
        return
    page = folder / "it.html"
    command = ["fix", *environment.target(), "--no-selftest", "--dry-run", "--html", str(page)]
    screen = in_terminal(environment.command(*command))
    yield Plan(*(_with_example_paths(text, str(place.here)) for text in (screen, page.read_text())))


def _with_example_paths(text: str, here: str) -> str:
    text = text.replace(here, "/home/ana/linear")
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
        stdout=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    hosts = subprocess.run(
        [sys.executable, "-m", "tests.fleet.synthetic", "60"], cwd=ROOT, capture_output=True, check=True
    )
    (folder / "hosts.jsonl").write_bytes(hosts.stdout)
    subprocess.run(
        [*DOCTOR, "fleet", "report", str(folder / "hosts.jsonl"), "--format", "html",
         "--output", str(folder / "fleet.html")],
        stdout=subprocess.DEVNULL, check=False,
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
