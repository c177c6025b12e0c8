"""`run`: start a real PyTriton in the target, send requests, compare, stop; all within time limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Optional

import msgspec

from tritondoctor.checks import Finding, examine
from tritondoctor.facts.model import Facts
from tritondoctor.logs.finding import finding
from tritondoctor.privacy.scrub import scrub
from tritondoctor.selftest import bench as benchmark
from tritondoctor.selftest import cause, ports, proof, reference, wire
from tritondoctor.selftest.model import Bench, Comparison, Device, Phase, SelfTest
from tritondoctor.selftest.session import Session
from tritondoctor.selftest.watch import SILENCE_WITH_CARD_S, STANDSTILL_S, Ended, Watch
from tritondoctor.target import Target

DEFAULT_TIMEOUT_S = 90.0
#: names of the phases, as they are shown
PYTHON, DEVICE, SERVER, MODEL, REQUESTS, BENCH, STOP = (
    "import PyTriton", "prepare the device", "start the server", "load the model",
    "compare answers", "measure under load", "stop and clean up",
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
    progress: Progress = lambda name, phase: None,
) -> SelfTest:
    """Serves Linear in the target and infers through it; leaves nothing behind, whatever happens.

    `device` is auto, cpu or cuda; `timeout` limits every phase.  With facts, their errors help to find
    the cause, and the wait is shorter if they predict that the start fails.
    """
    return _Test(target, facts, device, timeout, progress).run(bench)


class _Test:
    def __init__(
        self,
        target: Target,
        facts: Optional[Facts],
        device: str,
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
            "device": device, "ports": self.ports, "weights": reference.WEIGHTS,
            "bias": reference.BIAS, "rows": reference.rows(),
        }  # fmt: skip
        self.phases: list[Phase] = []
        self.checks: list[Comparison] = []
        self.device: Optional[Device] = None
        self.bench: Optional[Bench] = None

    def _is_about_another_port(self, finding: Finding) -> bool:
        """Whether a finding is about a default port that this test replaces by a free one."""
        fields = finding.explanation.strings()
        chosen = finding.title.strings().get("name") in self.ports
        return finding.id == "port-in-use" and chosen and "in use" in fields.get("why", "")

    def run(self, bench: bool) -> SelfTest:
        began = time.monotonic()
        session = Session(self.target, self.request)
        predicted = any(finding.severity == "error" for finding in self.static)
        watch = Watch(session, self.timeout, predicted)
        ended: Optional[Ended] = None
        try:
            self._start(watch)
            self._ask(watch)
            if bench:
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
                self._check(wire.compared(name, rows, got, problem, 0, fields["seconds"]))
            if "http" in self.places:
                place = (self.places["http"][0], self.places["http"][1])
                self._check(wire.ready(place, "/v2/health/ready", "server is ready"))
                self._check(wire.ready(place, "/v2/models/Linear/ready", "model is ready"))
                self._check(wire.infer(place))
            if "metrics" in self.places:
                self._check(wire.metrics((self.places["metrics"][0], self.places["metrics"][1])))
            if fields["proof"] is not None:
                self._prove(str(fields["proof"]["result_device"]), fields["pid"])
            failed = next((check for check in self.checks if not check.passed), None)
            if failed is not None:
                raise Ended(f"{failed.name}: {failed.got}", wrong=failed)

    def _check(self, comparison: Comparison) -> None:
        self.checks.append(comparison)

    def _prove(self, result_device: str, pid: int) -> None:
        """Check that the result was on the card, and add the evidence from NVML."""
        assert self.device is not None
        on_card = result_device.startswith("cuda")
        self._check(Comparison("result lives on the GPU", on_card, "cuda", result_device))
        after = proof.nvml_now(self.target, self.facts)
        found = proof.proof(self.device.uuid, pid, result_device, self.facts, after)
        self.device = msgspec.structs.replace(self.device, proof=found)

    def _measure(self, session: Session, watch: Watch) -> None:
        with self._phase(BENCH):
            self.bench = benchmark.measure(session, watch, self.places)

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
            log_tail=() if ended is None else tuple(map(scrub, tuple(session.log)[-_TAIL:])),
            left_behind=tuple(session.kept),
            seconds=round(seconds, 3),
        )
