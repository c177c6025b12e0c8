"""The process in which modules would be imported."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import msgspec

from tritondoctor.facts.imports.module_cache import ModuleCache
from tritondoctor.facts.interpreter.model import LinkProblem

#: opens an extension module in the process at hand: path -> the loader's problems
Opener = Callable[[str], Sequence[LinkProblem]]


def _never(_: str) -> bool:
    return False


def _nothing(_: str) -> str:
    return ""


class Scene(msgspec.Struct, frozen=True):
    """The process in which modules are imported.

    `preloaded` are in sys.modules from the start, `builtin` are compiled into its libpython.  `opener`
    opens an extension module.  `suspects` are the entries of the search path whose files may hide
    others by accident, `called` says of a module's path whether the launch calls its functions,
    `elsewhere` is the search path of another process, to say where a module lies instead; `variables`
    are those of the process.  `blocked` are modules that code at Python's start set to None in
    sys.modules, with the code's file; `touched` those of which it replaced a part.  `edited` are files
    that are not as they were installed, `other_versions` those of distributions in a version that others
    do not allow; both are parsed whole.  `undefined` says in the loader's words which function of
    Python's an extension module asks for and does not get.  `metadata` are the folders of distributions'
    metadata, by name.
    """

    role: Literal["client", "stub"]
    sources: ModuleCache
    search_path: Sequence[str]
    preloaded: Iterable[str]
    builtin: Iterable[str]
    opener: Opener
    suspects: Sequence[str] = ()
    called: Callable[[str], bool] = _never
    elsewhere: Sequence[str] = ()
    variables: Mapping[str, str] = MappingProxyType({})
    blocked: Mapping[str, str] = MappingProxyType({})
    touched: Iterable[str] = ()
    edited: Container[str] = ()
    other_versions: Container[str] = ()
    undefined: Callable[[str], str] = _nothing
    metadata: Mapping[str, str] = MappingProxyType({})

    def parses_whole(self, path: str, *, changed: bool) -> bool:
        """Whether what stands behind a file's imports is to be read too, as in one that was changed."""
        return changed or path in self.edited or path in self.other_versions
