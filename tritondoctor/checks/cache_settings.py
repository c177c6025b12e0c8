"""The caches that settings ask for (triton_cache_manager.cc, and local_cache.cc of Triton's own)."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.model import Text, listed, text
from tritondoctor.facts.launch.model import Configuration
from tritondoctor.support.numbers import whole

_KEY, _LOCAL, _SIZE = "cache_config_", "local", "size"
#: measured with 0.7.0: 100 bytes fail, 250 serve
SMALLEST = 200


def problems(configuration: Configuration, memory: int) -> Iterator[tuple[str, Text]]:
    """Yield the key of a setting, and why the server ends with it; `memory` are the machine's bytes."""
    elements = [
        (key, *value.split(",", 1)) for key, value in configuration.values().items()
        if key.startswith(_KEY) and "," in value
    ]  # fmt: skip
    sizes = {
        key: pair.partition("=")[2] for key, name, pair in elements
        if name == _LOCAL and pair.partition("=")[0] == _SIZE
    }  # fmt: skip
    for key, name, _ in elements:
        if name not in configuration.caches:
            there = configuration.caches or (text("none"),)
            yield (
                key,
                text("The server has no cache {name}; it has {names}.", name=name, names=listed(there)),
            )
        elif name == _LOCAL and not sizes:
            yield key, text("It must be {form}.", form=text("local,size=BYTES"))
    for key, size in sizes.items():
        if not size.isdecimal() or not SMALLEST <= whole(size) <= memory:
            form = text("a number of bytes between {least} and {most}", least=SMALLEST, most=memory)
            yield key, text("It must be {form}.", form=form)
