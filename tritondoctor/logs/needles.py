"""Pieces of text that a line must hold before it is worth a comparison with the signs."""

from __future__ import annotations

#: those of causes and of starts that work
STRONG = (
    b"rror", b"ailed", b"ot found", b"NotFound", b"No module", b"No matching", b"No space",
    b"No address", b"No such", b"annot ", b"nable to", b"in use", b"Too many", b"out of pty", b"healthy",
    b"ismatch", b"kernel image", b"ompatible", b"ully loaded", b"function available", b"compiled with",
    b"Impossible", b"Usage: trit", b"enied", b"supported wheel", b"AF_UNIX", b"onflicting",
    b"non supported", b"new thread", b"emporarily", b"illed", b"Bad option", b"port range",
)  # fmt: skip
#: and those of what merely follows, or means nothing
ALL = (
    *STRONG, b"arning", b"nitialized", b"xception", b"timed out", b"efused", b"closed",
    b"empty response", b"leaked", b"unavailable", b"CUDA device count", b"version information",
    b"CacheManager", b"after shutdown", b"ThreadUse", b"Could not", b"setlocale", b"start:", b"preload",
    b"exited with",
)  # fmt: skip
#: lines that look like errors, whether or not a sign knows them
SUSPICIOUS = (
    b"rror", b"Traceback", b"FATAL", b"xception:", b"egmentation", b"Killed", b"core dumped",
)  # fmt: skip
