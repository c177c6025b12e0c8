"""What a race looks like: 80 columns, no scripts, a sentence for every picture."""

from __future__ import annotations

import re
from typing import Optional

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from docs.pictures import recorded_race
from tritondoctor.reports import chart_svg, tune, tune_html, tune_pictures, tune_words
from tritondoctor.reports.picture import Picture, short
from tritondoctor.support import messages
from tritondoctor.tuning.model import TuneResult

RACE = recorded_race()


def _won() -> TuneResult:
    """The recorded race, as if its first configuration had won."""
    best = RACE.configurations[0]
    return replace(RACE, recommended=best, equal=(best,), reason="", gain=2.0, noise=0.05)


def _lost() -> TuneResult:
    return replace(RACE, recommended=None, equal=(), reason="noise", gain=None, noise=0.4, open_loop=())


@pytest.mark.parametrize("width", [50, 80, 100])
@pytest.mark.parametrize("result", [RACE, _won(), _lost()], ids=["as it was", "won", "lost"])
def test_it_fits_the_terminal(result: TuneResult, width: int) -> None:
    for blocks in (True, False):
        for line, _style in tune.lines(result, width, blocks=blocks):
            if not line.startswith(("    config=", "    infer_func=")) and width >= 80:
                assert cell_len(line) <= width, line
    shown = "\n".join(line for line, _style in tune.lines(result, width, blocks=False))
    assert shown.isascii() or "–" in shown


@pytest.mark.parametrize("threads", [None, 2])
def test_the_columns_line_up_in_chinese(threads: Optional[int]) -> None:
    messages.use("zh_CN")
    try:
        rows = tuple(replace(contender, threads=threads) for contender in RACE.configurations)
        race = replace(RACE, configurations=rows, recommended=rows[0])
        shown = [line for line, _style in tune.lines(race, 80, blocks=True)]
    finally:
        messages.use("")
    heads = next(number for number, line in enumerate(shown) if "p99 ms" in line)
    table = shown[heads : heads + 1 + len(rows)]
    assert len({cell_len(line) for line in table}) == 1, "\n".join(table)


def test_the_line_to_paste() -> None:
    best = replace(RACE.configurations[0], max_batch_size=16, delay_us=2000, instances=2)
    lines = tune_words.lines_to_paste(replace(RACE, recommended=best, function="Model.infer"))
    batcher = "batcher=DynamicBatcher(max_queue_delay_microseconds=2000)"
    assert lines == [
        "infer_func=[infer] * 2,", f"config=ModelConfig(max_batch_size=16, {batcher}),",
    ]  # fmt: skip
    assert tune_words.lines_to_paste(_lost()) == []


def test_noise_names_the_load() -> None:
    words = " ".join(tune_words.reasons(_lost()))
    assert f"Load average: {RACE.surroundings.load_before} before" in words
    assert "40%" in words


@pytest.mark.parametrize("result", [_won(), _lost()], ids=["won", "lost"])
def test_the_page(result: TuneResult) -> None:
    page = tune_html.render(result)
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert len(figures) >= 4
    for figure in figures:
        assert re.search(r"<h3>[^<]+</h3><p>[^<]+\.</p>", figure), figure[:200]


def test_a_picture_without_points_is_its_sentence() -> None:
    empty = Picture("Title", "It shows nothing.", "lines", "x", "y", ())
    assert "<svg" not in chart_svg.figure(empty)
    assert "It shows nothing." in chart_svg.figure(empty)


def test_every_picture_has_a_sentence() -> None:
    for result in (RACE, _won(), _lost()):
        for picture in tune_pictures.pictures(result):
            assert picture.sentence.endswith(".")


def test_short_numbers() -> None:
    values = (0, 0.04, 0.25, 3.14159, 32, 57.26, 100.4, 1319.6)
    assert [short(value) for value in values] == [
        "0", "0.04", "0.25", "3.14", "32", "57.3", "100", "1320",
    ]  # fmt: skip
