"""Folders and module sources, read once for all processes of a launch."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tritondoctor.facts.imports import zipped
from tritondoctor.facts.imports.statements import Statement, TooComplex, imports_of
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.loader import Files
from tritondoctor.support.reading import Limit

#: characters of all modules together; a launch of PyTriton 0.7.0 reads 11 million
_MOST_SOURCE = 1 << 27
#: codecs that take minutes for what has no dots or hyphens
_SLOW_CODECS = ("idna", "punycode")
#: signs that a module gets names in other ways than by writing them (PEP 562: its own __getattr__)
_MAKES_NAMES = re.compile(
    r"import \*|globals\(|locals\(|vars\(|exec\(|sys\.modules|meta_path|__path__|setattr\("
    r"|def __getattr__\((?!self\b)|__getattr__(?: *[=,])|import[^\n]*__getattr__"
)


class ModuleCache:
    """A view of the modules of one target; what was read is remembered."""

    def __init__(self, files: Files, interpreter: Interpreter) -> None:
        self.files = files
        self.version = tuple(int(part) for part in interpreter.version.split("."))
        self.extension_suffixes = interpreter.extension_suffixes
        self._size = 0
        self._folders: dict[str, Mapping[str, str]] = {}
        self._texts: dict[str, str] = {}
        self._empty: dict[str, bool] = {}
        self._makers: dict[str, bool] = {}
        self._archives: dict[str, frozenset[str]] = {}
        self._statements: dict[tuple[str, bool], tuple[Statement, ...]] = {}

    def names(self, folder: str) -> Mapping[str, str]:
        """The names in a folder, with their kinds; none where it cannot be read."""
        known = self._folders.get(folder)
        if known is None:
            try:
                known = self.files.entries(folder)
            except OSError:
                known = {}
            self._folders[folder] = known
        return known

    def archived(self, path: str) -> frozenset[str]:
        """The top-level modules in a zip file on the search path (zipimport)."""
        if path not in self._archives:
            try:
                names = zipped.names(self.files, path)
            except (OSError, ValueError):
                names = []
            self._archives[path] = frozenset(re.split("[/.]", name, maxsplit=1)[0] for name in names)
        return self._archives[path]

    def text(self, path: str) -> str:
        """A module's source.

        Raises OSError and UnicodeError as an import would fail, Unreadable where it is too large.
        """
        return _decoded(self.files.read(path, Limit.SOURCE))

    def is_empty(self, path: str) -> bool:
        """Whether nothing stands in a module's file."""
        if path not in self._empty:
            try:
                content = self.files.read(path, Limit.SOURCE)
                self._empty[path] = not content or content.isspace()
            except OSError:
                self._empty[path] = False
        return self._empty[path]

    def lacks(self, path: str, name: str) -> bool:
        """Whether a module surely has no such name: its text does not mention it, nor makes names."""
        text = self._texts.get(path)
        if text is None:
            try:
                text = self.text(path)
            except (OSError, UnicodeError):
                text = "import *"
            self._texts[path] = text
        return not _mentions(text, name) and name[:2] != "__" and not self._makes_names(path, text)

    def _makes_names(self, path: str, text: str) -> bool:
        if path not in self._makers:
            self._makers[path] = _MAKES_NAMES.search(text) is not None
        return self._makers[path]

    def makes_modules(self, path: str, name: str) -> bool:
        """Whether a package may put the module `name` below itself without a file for it."""
        if not path.endswith(".py"):
            return True
        try:
            text = self.text(path)
        except (OSError, UnicodeError):
            return True
        keys = re.findall(r"sys\.modules\[(.+?)\]\s*=|sys\.modules\.(?:update|setdefault)(\()", text)
        literal = [re.fullmatch(r"['\"]([\w.]+)['\"]", key) for key, _ in keys]
        return "meta_path" in text or any(match is None or match.group(1) == name for match in literal)

    def statements(self, path: str, whole: bool, functions: bool) -> tuple[Statement, ...]:
        """What importing the file executes; raises as `text` does, and SyntaxError, TooComplex."""
        key = (path, whole or functions)
        if key not in self._statements:
            self._statements[key] = self.files.parsed(
                path, Limit.SOURCE, ("imports", self.version, whole, functions),
                lambda content: self._parse(_decoded(content), whole, functions),
            )  # fmt: skip
        return self._statements[key]

    def _parse(self, text: str, whole: bool, functions: bool) -> tuple[Statement, ...]:
        self._size += len(text)
        if self._size > _MOST_SOURCE:
            raise TooComplex(f"comes after {_MOST_SOURCE >> 20} MiB of sources")
        return imports_of(text, self.version, whole=whole, functions=functions)


def _mentions(text: str, name: str) -> bool:
    """Whether a name stands in a text as a whole word, which is mostly where it first occurs."""
    position = text.find(name)
    while position >= 0:
        around = text[position - 1 : position] + text[position + len(name) : position + len(name) + 1]
        if not any(sign.isalnum() or sign == "_" for sign in around):
            return True
        position = text.find(name, position + 1)
    return False


def _decoded(content: bytes) -> str:
    """A source as the interpreter decodes it (PEP 263)."""
    head = b"\n".join(content.split(b"\n", 2)[:2])
    coding = re.search(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", head, re.M)
    name = coding.group(1).decode("ascii") if coding else "utf-8-sig"
    try:
        return content.decode("latin-1" if name in _SLOW_CODECS else name)
    except LookupError:
        return content.decode("latin-1")
