"""What a person and a program read of a self-test."""

from __future__ import annotations

import io
import json

from rich.console import Console

from tritondoctor.commands.console import StageProgress
from tritondoctor.logs.finding import finding
from tritondoctor.reports import selftest as told
from tritondoctor.selftest.model import (
    Bench,
    Comparison,
    Device,
    EnsembleTime,
    LanguageModel,
    Load,
    Phase,
    Proof,
    SelfTest,
    Streaming,
    StreamTime,
)

GOOD = SelfTest(
    True,
    Device("cpu", "numpy 1.26.4", "no GPU: no driver (libcuda.so.1)"),
    (Phase("import PyTriton", 1.25), Phase("load the model", 3.0)),
    (Comparison("raw HTTP", True, "4 rows", "4 rows", 1e-5, 0.0),),
    bench=Bench(
        "each call multiplies two 512 x 512 matrices",
        1.5,
        tuple(
            Load(f"Bench-{on}-{n}", on == "on", n, clients, 900, 600.0, 1.5, 2.5, 30.25, {1: 10, 16: 30})
            for n in (1, 2) for on in ("off", "on") for clients in (1, 32)
        ),
        5.25,
    ),
    seconds=9.5,
)  # fmt: skip
ON_CARD = SelfTest(
    True,
    Device(
        "cuda", "the driver itself", "torch is not installed; cupy is not installed",
        "NVIDIA H100 80GB HBM3", "GPU-0", "9.0", 81559,
        Proof("cuda:0", "weak", "NVML does not list this process; memory in use grew by 500 MiB",
              "580.65.06", None, 500, 900, 2),
    ),
    (), (Comparison("result lives on the GPU", True, "cuda", "cuda:0"),),
)  # fmt: skip
BAD = SelfTest(
    False, None, (Phase("load the model", 0.8, False),), (),
    findings=(finding("selftest-no-answer", {"what": "it ended"}),), log_tail=("x" * 300, "the end"),
)  # fmt: skip


MORE = SelfTest(
    True,
    Device("cpu", "torch 2.13.0+cpu"),
    (),
    (
        Comparison("streaming over gRPC", True, "16 parts in order", "16 parts in order, first after "
                   "25 ms, all after 331 ms", id="stream-grpc"),
        Comparison("ensemble of two models", True, "", "cannot", id="ensemble", skipped=True),
    ),
    streaming=Streaming(StreamTime(24.8, 331.0), None, 1.04, 16),
    ensemble=(EnsembleTime(2, 7.25, 7.5), EnsembleTime(150528, 8.5, 17.0)),
    language_model=LanguageModel("smollm2", "cpu", 61.2, 350.4, 7.82, "The capital of France is Paris."),
    seconds=31.0,
)  # fmt: skip


def _shown(result: SelfTest, width: int = 80) -> str:
    text = io.StringIO()
    told.show(result, Console(file=text, width=width, highlight=False, markup=False, emoji=False))
    return text.getvalue()


def test_it_fits_eighty_columns() -> None:
    for result in (GOOD, BAD, ON_CARD, MORE):
        assert max(map(len, _shown(result).splitlines())) <= 80


def test_the_answer_comes_last_and_plain() -> None:
    assert _shown(GOOD).splitlines()[-1] == "PyTriton serves Linear here (9.5 s)."
    assert "5.2 times as many requests" in _shown(GOOD)
    assert "does not serve Linear here" in _shown(BAD).splitlines()[-1]
    assert "the end" in _shown(BAD)


def test_the_proof_is_told_with_its_strength() -> None:
    shown = " ".join(_shown(ON_CARD).split())
    assert "Weak proof: NVML does not list this process; memory in use grew by 500 MiB" in shown
    proof = told.selftest_json(ON_CARD)["device"]["proof"]
    assert (proof["strength"], proof["grown_mib"], proof["driver"]) == ("weak", 500, "580.65.06")


def test_what_goes_beyond_linear_is_told() -> None:
    shown = _shown(MORE)
    assert "  [-]  ensemble of two models: cannot" in shown
    words = " ".join(shown.split())
    assert "A client that left early did not stop its stream: all 16 parts were made." in words
    assert "8.5 ms and 17.0 ms, with 150528 numbers a row between the models" in words
    assert "smollm2 on cpu: first piece after 350 ms, 7.8 pieces a second; loaded in 61.2 s." in words
    told_json = told.selftest_json(MORE)
    assert told_json["checks"][0]["id"] == "stream-grpc" and told_json["streaming"]["ratio"] == 1.04
    assert told_json["language_model"]["pieces_per_second"] == 7.82


def test_phases_are_plain_lines_when_piped() -> None:
    text = io.StringIO()
    with StageProgress(Console(file=text, width=80)) as live:
        for phase in (Phase("import PyTriton", 1.25), Phase("load the model", 0.8, False)):
            live(phase.name, None)
            live(phase.name, phase)
    assert text.getvalue().splitlines() == [
        "  [ok] import PyTriton          1.2 s",
        "  [x]  load the model           0.8 s",
    ]


def test_json_is_the_contracts() -> None:
    good, bad = (json.loads(json.dumps(told.selftest_json(one))) for one in (GOOD, BAD))
    assert good["passed"] is True
    assert good["bench"]["loads"][0]["batches"] == {"1": 10, "16": 30}
    assert good["bench"]["loads"][0]["mean_batch"] == 12.25
    assert {"passed", "device", "phases", "checks", "findings", "bench", "log_tail"} <= set(bad)
    assert bad["findings"][0]["id"] == "selftest-no-answer"
    assert bad["findings"][0]["title"] == "PyTriton was started, but Linear did not answer"
