"""English sentences on a screen that should hold none."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable

#: commands, names and other people's words between quotes
_QUOTED = re.compile(
    r"`[^`]*`|\"[^\"\n]*\"|\u201c[^\u201d]*\u201d|(?<!\w)'[^'\n]*'(?!\w)|<style>.*?</style>|<[^<>]*>"
    r"|https?://\S+|(?:sudo|ip|nft|systemctl) [\w ./-]+",
    re.DOTALL,
)
#: words of the kernel, the loader, CPython, NVIDIA's driver, ssh: people search for them as they are
_OTHERS = (
    "error while loading shared libraries", "cannot open shared object file", "cannot open shared object",
    "file too short",
    "Fatal Python error", "object has no attribute", "No module named", "the driver's own words",
    "the loader's own line", "devices are busy or unavailable", "Unable to determine the device handle",
    "Driver Not Loaded", "major versions when loading", "allowed port range is", "could not resolve",
    "failed to load all models", "failed to stat file", "Error importing numpy",
    "Failed to import the site module", "but the generated code in", "depends on grpcio",
    "cannot execute binary file", "ssh: connect to host", "the interpreter's prefix", "is a pipe",
    "it is no JSON", "Model Context Protocol", "system not yet initialized",
    "from queue import Empty, Full", "cannot import name", "from partially initialized module",
    "failed to map segment from shared object", "most likely due to a circular import",
    "Triton Inference Server exit code", "Python conda venv", "my own model failed", "Unable to parse",
    "Shape does not match true shape of", "Cannot connect to proxy",
    "There was a problem confirming the ssl certificate", "object is not callable",
    "Model name can only contain alphanumeric characters, dots, underscores and dashes",
    "dynamic batching preferred size must be", "max batch size for", "got an unexpected keyword argument",
    "CONNECTION FAILED for url", "Failed to initialize LocalCache", "No address added out of total",
    "error getting credentials", "file not found in", "Waiting for server to be ready timed out",
    "Triton Python backend", "Failed to process the request(s) for model instance", "Exception: err",
    "Execute Failed, message: Traceback", "(most recent call last)",
    "invalid literal for int", "The Python version is", "object is not iterable",
)  # fmt: skip
#: a word of prose; a path, an option, a version or a name with capitals inside is none
_WORD = r"(?<![\w./\\=@$+-])[A-Za-z]?[a-z']+(?![\w/\\=@+-]|\.\w)"
_SENTENCE = re.compile(rf"{_WORD}(?:[,;:]? +{_WORD}){{2,}}")
_PROGRAM = re.compile(r"tritondoctor(?: [\w./~-]+)+")
_KERNELS = tuple(sorted({os.strerror(number) for number in errno.errorcode}, key=len, reverse=True))


def sentences(text: str, quoted: Iterable[str] = ()) -> list[str]:
    """Runs of three words and more outside of quotes and commands; `quoted` are lines that stay so."""
    text = " ".join(text.split())
    for line in quoted:
        text = text.replace(" ".join(line.split()), "\u2591")
    text = _QUOTED.sub("\u2591", text)
    for words in (*_OTHERS, *_KERNELS):
        text = text.replace(words, "\u2591")
    return [found[0] for found in _SENTENCE.finditer(_PROGRAM.sub("\u2591", text))]
