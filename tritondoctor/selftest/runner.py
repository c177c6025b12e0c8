"""`run`: start a real PyTriton in the target, send requests, compare, stop; all within time limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Optional

import msgspec

from tritondoctor.checks import Finding, examine
from tritondoctor.facts.model import Facts
from tritondoctor.logs.finding import finding
from tritondoctor.privacy.scrub import scrub
from tritondoctor.selftest import bench as benchmark
from tritondoctor.selftest import cause, ensemble, llama, ports, proof, reference, streaming, wire
from tritondoctor.selftest.model import (
    Bench,
    Comparison,
    Device,
    EnsembleTime,
    LanguageModel,
    Phase,
    SelfTest,
    Streaming,
)
from tritondoctor.selftest.session import Session
from tritondoctor.selftest.stage import Stage
from tritondoctor.selftest.watch import SILENCE_WITH_CARD_S, STANDSTILL_S, Ended, Watch
from tritondoctor.support.messages import _
from tritondoctor.target import Target

DEFAULT_TIMEOUT_S = 90.0
#: names of the phases, as they are shown
PYTHON, DEVICE, SERVER, MODEL, REQUESTS, STREAM, ENSEMBLE, LLAMA, BENCH, STOP = (
    "import PyTriton", "prepare the device", "start the server", "load the model",
    "compare answers", "stream", "ask an ensemble", "ask a language model", "measure under load",
    "stop and clean up",
)  # fmt: skip
_TAIL = 40
_LABELS = {"http": "ModelClient over HTTP", "grpc": "ModelClient over gRPC"}

#: called with a phase's name when it begins, and with the phase too when it is over
Progress = Callable[[str, Optional[Phase]], None]


def run(
    target: Target,
    facts: Optional[Facts],
    *,
    device: str = "auto",
    timeout: float = DEFAULT_TIMEOUT_S,
    bench: bool = False,
    pipes: bool = False,
    framework: str = "",
    language_model: str = "",
    progress: Progress = lambda name, phase: None,
) -> SelfTest:
    """Serves Linear in the target and infers through it; leaves nothing behind, whatever happens.

    `device` is auto, cpu or cuda; `framework` is auto (the first that computes), the name of one, or ""
    for torch if it is there, else NumPy; `timeout` limits every phase.  With `pipes`, the server starts
    after its models were bound, for only then can it have an ensemble.  With facts, their errors help to
    find the cause, and the wait is shorter if they predict that the start fails.
    """
    wanted = {
        "device": device,
        "bench": bench,
        "ensemble": pipes,
        "framework": framework,
        "llama": language_model,
    }
    return _Test(target, facts, wanted, timeout, progress).run()


class _Test:
    def __init__(
        self,
        target: Target,
        facts: Optional[Facts],
        wanted: dict[str, Any],
        timeout: float,
        progress: Progress,
    ) -> None:
        self.target, self.facts = target, facts
        self.timeout, self.progress = timeout, progress
        self.ports = ports.choose(target.variables)
        self.static = [
            finding
            for finding in (examine(facts) if facts is not None else ())
            if not self._is_about_another_port(finding)
        ]
        self.request = {
            **wanted, "ports": self.ports, "weights": reference.WEIGHTS,
            "bias": reference.BIAS, "rows": reference.rows(),
        }  # fmt: skip
        self.phases: list[Phase] = []
        self.checks: list[Comparison] = []
        self.device: Optional[Device] = None
        self.bench: Optional[Bench] = None
        self.series: tuple[str, ...] = ()
        self.streaming: Optional[Streaming] = None
        self.ensemble: tuple[EnsembleTime, ...] = ()
        self.language_model: Optional[LanguageModel] = None

    def _is_about_another_port(self, finding: Finding) -> bool:
        """Whether a finding is about a default port that this test replaces by a free one."""
        fields = finding.explanation.strings()
        chosen = finding.title.strings().get("name") in self.ports
        return finding.id == "port-in-use" and chosen and "in use" in fields.get("why", "")

    def run(self) -> SelfTest:
        began = time.monotonic()
        session = Session(self.target, self.request)
        predicted = any(finding.severity == "error" for finding in self.static)
        watch = Watch(session, self.timeout, predicted)
        ended: Optional[Ended] = None
        try:
            self._start(watch)
            self._ask(watch)
            watch.predicted = False  # it serves, whatever the checks predicted
            self._stream(session, watch)
            if self.request["ensemble"]:
                self._pipe(session, watch)
            if self.request["llama"]:
                self._speak(session, watch)
            if self.request["bench"]:
                self._measure(session, watch)
        except Ended as reason:
            ended = reason
        finally:
            with self._phase(STOP):
                session.close()
        return self._result(session, watch, ended, time.monotonic() - began)

    def _start(self, watch: Watch) -> None:
        if self.request["device"] != "cpu" and (self.facts is None or self.facts.gpu.present):
            watch.silence_s = SILENCE_WITH_CARD_S
        with self._phase(PYTHON):
            watch.until("imported")
        if self.request["framework"]:  # TensorFlow imports for ten seconds on a busy machine
            watch.silence_s = SILENCE_WITH_CARD_S
        watch.standstill_s = max(watch.standstill_s, watch.silence_s)
        with self._phase(DEVICE):
            self.device = Device(**watch.until("device"))
        if self.device.kind == "cpu":
            watch.standstill_s = STANDSTILL_S
        with self._phase(SERVER):
            watch.until("server")
        with self._phase(MODEL):
            self.places = watch.until("ready")["endpoints"]

    def _ask(self, watch: Watch) -> None:
        with self._phase(REQUESTS):
            rows = reference.rows()
            while True:
                event, fields = watch.any_of("answer", "answered")
                if event == "answered":
                    break
                name = f"{_LABELS[fields['name']]}, batch of {len(rows)}"
                got, problem = fields.get("output"), fields.get("error", "")
                self._check(
                    wire.compared(
                        f"client-{fields['name']}", name, rows, got, problem, 0, fields["seconds"]
                    )
                )
            for protocol, label in _LABELS.items():
                if protocol not in self.places:
                    why = f"not asked: {label.split()[-1]} is switched off"
                    self._check(Comparison(label, True, "", why, id=f"client-{protocol}", skipped=True))
            if "http" in self.places:
                place = (self.places["http"][0], self.places["http"][1])
                self._check(wire.ready(place, "/v2/health/ready", "server-ready", "server is ready"))
                self._check(wire.ready(place, "/v2/models/Linear/ready", "model-ready", "model is ready"))
                self._check(wire.infer(place))
            if "metrics" in self.places:
                check, self.series = wire.metrics((self.places["metrics"][0], self.places["metrics"][1]))
                self._check(check)
            if fields["proof"] is not None:
                self._prove(str(fields["proof"]["result_device"]), fields["pid"])
            failed = self._first_failed()
            if failed is not None:
                raise Ended(f"{failed.name}: {failed.got}", wrong=failed)

    def _first_failed(self) -> Optional[Comparison]:
        return next((check for check in self.checks if not check.passed), None)

    def _check(self, comparison: Comparison) -> None:
        self.checks.append(comparison)

    def _prove(self, result_device: str, pid: int) -> None:
        """Check that the result was on the card, and add the evidence from NVML."""
        assert self.device is not None
        on_card = result_device.startswith("cuda")
        self._check(Comparison("result lives on the GPU", on_card, "cuda", result_device, id="on-gpu"))
        after = proof.nvml_now(self.target, self.facts)
        found = proof.proof(self.device.uuid, pid, result_device, self.facts, after)
        self.device = msgspec.structs.replace(self.device, proof=found)

    def _stream(self, session: Session, watch: Watch) -> None:
        with self._phase(STREAM):
            release = (self.facts and self.facts.pytriton and self.facts.pytriton.version) or ""
            stage = Stage("stream_model", session, watch)
            checks, self.streaming = streaming.measure(stage, self.places, release)
            self.checks += checks
            failed = self._first_failed()
            if failed is not None:
                raise Ended(f"{failed.name}: {failed.got}", streaming.BROKEN)

    def _pipe(self, session: Session, watch: Watch) -> None:
        with self._phase(ENSEMBLE):
            stage = Stage("ensemble_models", session, watch)
            self._check(ensemble.check(stage, self.places))
            failed = self._first_failed()
            if failed is not None:
                raise Ended(f"{failed.name}: {failed.got}", ensemble.BROKEN)
            if self.request["bench"]:
                self.ensemble = ensemble.times(stage)

    def _speak(self, session: Session, watch: Watch) -> None:
        with self._phase(LLAMA):
            stage = Stage("llama_model", session, watch)
            name, device = self.request["llama"], self.request["device"]
            check, self.language_model = llama.measure(stage, self.places, name, device)
            self._check(check)
            if not check.passed:
                raise Ended(f"{check.name}: {check.got}", llama.BROKEN)

    def _measure(self, session: Session, watch: Watch) -> None:
        with self._phase(BENCH):
            stage = Stage("bench_models", session, watch)
            self.bench = benchmark.measure(stage, self.places, self._bench_progress)

    def _bench_progress(self, number: int, count: int, left: float) -> None:
        words = _(
            "{phase}: {number} of {count}, about {seconds} s left",
            phase=BENCH, number=number, count=count, seconds=f"{left:.0f}",
        )  # fmt: skip
        self.progress(words, None)

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        began, passed = time.monotonic(), False
        self.progress(name, None)
        try:
            yield
            passed = True
        finally:
            phase = Phase(name, round(time.monotonic() - began, 3), passed)
            self.phases.append(phase)
            self.progress(name, phase)

    def _result(self, session: Session, watch: Watch, ended: Optional[Ended], seconds: float) -> SelfTest:
        findings: tuple[Finding, ...] = ()
        if ended is not None:
            known = cause.known_fields(self.target, self.facts)
            seen = watch.seen
            if ended.wrong is not None and ended.wrong.worst is not None:
                wrong = ended.wrong
                fields = {"name": wrong.name, "expected": wrong.expected, "got": wrong.got}
                findings = (finding("selftest-wrong-answer", fields),)
            elif ended.id:
                findings = (finding(ended.id, {**known, "why": ended.what}),)
            else:
                findings = cause.causes(self.static, seen, ended.what, known, ended.observation)
        return SelfTest(
            passed=ended is None,
            device=self.device,
            phases=tuple(self.phases),
            checks=tuple(self.checks),
            findings=findings,
            bench=self.bench,
            series=self.series,
            streaming=self.streaming,
            ensemble=self.ensemble,
            language_model=self.language_model,
            log_tail=() if ended is None else tuple(map(scrub, tuple(session.log)[-_TAIL:])),
            left_behind=tuple(session.kept),
            seconds=round(seconds, 3),
        )
