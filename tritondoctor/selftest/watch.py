"""Waits for PyTriton's next message, and ends early when it cannot come any more."""

from __future__ import annotations

import re
import time
from typing import Any, Optional, Union

from tritondoctor.checks.model import text
from tritondoctor.logs.recognise import SignOccurrence, recognise
from tritondoctor.privacy.scrub import scrub
from tritondoctor.selftest import observation
from tritondoctor.selftest.cause import LOG_ANNOUNCED_FAILURE
from tritondoctor.selftest.model import Comparison
from tritondoctor.selftest.movement import Movement
from tritondoctor.selftest.observation import Observation
from tritondoctor.selftest.session import Line, Message, Session

#: lines that say why may still follow a line that says that the start has failed
_SETTLE_S = 0.7
#: a stub that has not been replaced for so long will not be
_STUB_S = 2.0
#: silence that ends a start of which the checks predict that it fails.  A card that wakes up, a first
#: import of torch, a context, cuBLAS or a kernel to compile are silent for longer.
SILENCE_S, SILENCE_WITH_CARD_S = 8.0, 30.0
#: how long nothing may move: no processor time, no bytes, no new line.  A name server that does not
#: answer is asked twice for 5 s (resolv.conf(5)).
STANDSTILL_S = 15.0
#: silence before processes are looked at
_QUIET_S = 2.0
_MOST_SEEN = 200
_VARIES = re.compile(r"[0-9a-f]+")


class Ended(Exception):  # noqa: N818  (an outcome, no error)
    """The test ended early: what was seen, and the `id` of a finding if that is the cause.

    `observation` is what its processes showed.
    """

    def __init__(
        self,
        what: str,
        id: str = "",
        wrong: Optional[Comparison] = None,
        observation: Optional[Observation] = None,
    ) -> None:
        super().__init__(what)
        self.what, self.id, self.wrong, self.observation = what, id, wrong, observation


class Watch:
    """Reads a session; `seen` collects the recognised lines of its log, in their order."""

    def __init__(self, session: Session, timeout: float, predicted: bool) -> None:
        self.session, self.timeout, self.predicted = session, timeout, predicted
        self.silence_s = SILENCE_S
        self.standstill_s = STANDSTILL_S
        #: whether a line of the log ends the start; later a model that fails is its caller's affair
        self.log_ends = True
        self.seen: list[SignOccurrence] = []
        self._over = 0.0  # when a line said that the start has failed
        self._server: Optional[dict[str, Any]] = None  # how the server ended
        self._shapes: set[str] = set()
        self._stub_gone = 0.0
        self._last = time.monotonic()  # when the last line or message came
        self._looked = 0.0
        self._movement = Movement(session.pids, self._last)

    def until(self, event: str) -> dict[str, Any]:
        """Return the fields of that message.  Raises Ended if it cannot come, or not in time."""
        return self.any_of(event)[1]

    def any_of(self, *events: str) -> tuple[str, dict[str, Any]]:
        """Return the first of these messages and its fields."""
        began = self._last = time.monotonic()
        while True:
            item = self.session.next(0.2)
            now = time.monotonic()
            if item is not None and self._is_new(item):
                self._last = now
            if isinstance(item, Line):
                self._line(item.text, now)
            elif isinstance(item, Message):
                if item.event in events:
                    self._over = self._stub_gone = 0.0
                    return item.event, item.fields
                self._message(item)
            self._give_up(now, began)

    def _is_new(self, item: Union[Line, Message]) -> bool:
        """Whether it says something that was not said before; numbers do not matter."""
        shape = _VARIES.sub("", item.text) if isinstance(item, Line) else item.event
        if shape in self._shapes:
            return False
        self._shapes.add(shape)
        return True

    def _line(self, line: str, now: float) -> None:
        sign = recognise(scrub(line))
        if sign is None or len(self.seen) >= _MOST_SEEN:
            return
        if sign.role == "cause" or sign.ends:
            self.seen.append(sign)
            if sign.ends and self.log_ends and not self._over:
                self._over = now

    def _message(self, message: Message) -> None:
        fields = message.fields
        if message.event == "server-ended":
            self._server = fields
            self._over = self._over or time.monotonic()
        if message.event == "failed":
            self.drain()
            if fields["id"]:
                raise Ended(fields["text"], fields["id"])
            failure = f"{fields['type']}: {fields['text']}".strip(": ")[:300]
            seen = observation.of_python(text("{failure}", failure=failure), self.session.log)
            raise Ended(f"the Python process ended with {failure}", observation=seen)
        if message.event == "not-started":
            self.seen.append(SignOccurrence("python-does-not-start", fields, fields["why"], True))
            raise Ended("the interpreter could not be started")
        if message.event in ("ended", "supervisor-ended"):
            self.drain()
            status = fields.get("status")
            seen = observation.of_python(observation.ended(status), self.session.log)
            raise Ended(f"the Python process ended{_status(status)}", observation=seen)

    def _give_up(self, now: float, began: float) -> None:
        log = self.session.log
        if self._over and now - self._over > _SETTLE_S:
            status = self._server.get("status") if self._server else None
            raise Ended(LOG_ANNOUNCED_FAILURE, observation=observation.of_server(status, log))
        still = now - max(self._last, self._movement.last)
        if now - self._looked > 0.5:
            self._looked = now
            self._look_at_stub(now)
            if now - self._last > _QUIET_S:
                self._movement.look(now)
        silent = now - self._last
        if self.predicted and silent > self.silence_s:
            what = f"no output for {silent:.0f} s; the checks predict that this start fails"
            raise Ended(what, observation=self._standstill(silent))
        if still > self.standstill_s:
            raise Ended(f"nothing moved for {still:.0f} s", observation=self._standstill(still))
        if now - began > self.timeout:
            slow = observation.of_slowness(self.timeout, log)
            raise Ended(f"no answer within {self.timeout:.0f} s", observation=slow)

    def _standstill(self, seconds: float) -> Observation:
        return observation.of_standstill(self.session.pids(), seconds, self.session.log)

    def _look_at_stub(self, now: float) -> None:
        child = self.session.stub_ended()
        if child is None:
            self._stub_gone = 0.0
        elif not self._stub_gone:
            self._stub_gone = now
        elif now - self._stub_gone > _STUB_S:
            what = (
                "the stub" if child.name.startswith("triton") else f"{child.name}, which starts the stub,"
            )
            seen = observation.of_stub(child.name, child.status, self.session.log)
            raise Ended(f"{what} ended before the model was loaded", observation=seen)

    def listen(self, seconds: float) -> None:
        """Read for `seconds`.  Raises Ended if PyTriton ends meanwhile."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            item = self.session.next(left)
            if isinstance(item, Line):
                self._line(item.text, time.monotonic())
            elif isinstance(item, Message):
                self._message(item)

    def drain(self) -> None:
        """Read what is already in the log."""
        deadline = time.monotonic() + _SETTLE_S
        while time.monotonic() < deadline:
            item = self.session.next(0.1)
            if item is None:
                return
            if isinstance(item, Line):
                self._line(item.text, time.monotonic())


def _status(status: Optional[int]) -> str:
    if status is None:
        return ""
    return f" by signal {-status}" if status < 0 else f" with status {status}"
