"""Ports and addresses that a PYTRITON_TRITON_CONFIG_* variable chose and no server can have: the variable
is at fault, not whoever holds the port.
"""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.edits import Variable
from tritondoctor.checks.model import Remedy, Text, cure, listed, text
from tritondoctor.checks.variables import RefusedSetting, of_variable
from tritondoctor.facts.launch.model import Port
from tritondoctor.facts.launch.settings import DEFAULT_PORTS, PREFIX
from tritondoctor.facts.model import Facts


def refused(facts: Facts) -> Iterator[RefusedSetting]:
    """Yield each variable that is to blame for a port, once."""
    seen = set()
    for port in facts.launch.ports if facts.launch else ():
        for name in blamed(facts, port):
            if name not in seen:
                seen.add(name)
                setting = of_variable(facts, name, _why(port))
                yield RefusedSetting(name, setting.why, setting.evidence, _remedy(facts, port, name))


def blamed(facts: Facts, port: Port) -> tuple[str, ...]:
    """Return the variables because of which a port cannot be bound, whatever else runs here."""
    if port.why_not == "out-of-range":
        return _given(facts, f"{port.name}_port")
    if port.why_not == "same-port":
        return _given(facts, f"{port.name}_port", f"{port.same_as}_port")[:1]
    if port.why_not == "unknown-address" or port.errno == "EADDRNOTAVAIL":
        return _given(facts, *(f"{name}_address" for name in DEFAULT_PORTS), value=port.address)
    return ()


def _given(facts: Facts, *keys: str, value: str = "") -> tuple[str, ...]:
    """The variables of these settings that are not empty, or have that value."""
    settings = facts.launch.configuration.settings if facts.launch else ()
    known = {setting.key: setting for setting in settings if setting.given}
    found = [known[key] for key in keys if key in known]
    return tuple(setting.variable for setting in found if value in ("", setting.value))


def _why(port: Port) -> Text:
    if port.why_not == "out-of-range":
        return text("{number} is no port; it must be a number from 1 to 65535.", number=port.number)
    if port.why_not == "same-port":
        template = "{other} and {name} are given the same port, {number}."
        return text(template, other=port.same_as, name=port.name, number=port.number)
    return text("This machine does not have the address {address}.", address=port.address)


def _remedy(facts: Facts, port: Port, variable: str) -> Remedy:
    """Unset it, unless the default is another endpoint's port."""
    ports = facts.launch.ports if facts.launch else ()
    name = variable[len(PREFIX) :].lower().partition("_port")[0]
    others = {other.number for other in ports if other.name != name}
    if port.why_not == "same-port" and DEFAULT_PORTS.get(name) in others and port.free:
        return cure("another-port", text("Use another port"), Variable(variable, str(port.free)))
    title = text("Unset {names}", names=listed([variable]))
    return cure("unset-variable", title, Variable(variable, None))
