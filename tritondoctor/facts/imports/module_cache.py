"""Folders and module sources, read once for all processes of a launch."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Optional

from tritondoctor.facts.imports.statements import Statement, imports_of
from tritondoctor.facts.imports.syntax import TooComplex
from tritondoctor.facts.imports.zipped import Archive
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.loader import Files
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit

if TYPE_CHECKING:
    from tritondoctor.facts.imports.finder import ModuleLocation

#: characters of all modules together; a launch of PyTriton 0.7.0 reads 11 million
_MOST_SOURCE = 1 << 27
_ARCHIVES = re.compile(r"\.(?:zip|egg|pyz|whl)(?![^/])")
#: codecs that take minutes for what has no dots or hyphens
_SLOW_CODECS = ("idna", "punycode")
#: the line that states an encoding; without one, or behind a BOM, it is UTF-8
_CODING = pattern(rb"(?:\xef\xbb\xbf)?[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
#: how a package adds a finder of its own (six, setuptools); others only look at the list
META_PATH = r"meta_path *(?:\.(?:append|insert|extend)\(|\[|\+?= )"
#: signs that a module gets names in other ways than by writing them (PEP 562: its own __getattr__)
_MAKES_NAMES = re.compile(
    r"import \*|sys\.modules|"
    r"globals\(|locals\(|vars\(|exec\(|" + META_PATH + r"|(?<![\w.])__path__|setattr\(|_convert"
    r"|def __getattr__\((?!self\b)|__getattr__(?: *[=,])|import[^\n]*__getattr__"
)
#: modules that a statement puts into sys.modules; what is no word there may be any
_PUT = pattern(
    r"sys\.modules\[(.+?)\]\s*=|sys\.modules\.(?:update\(\{([^:{}]*):[^:{}]*\}\)|setdefault\(([^,()]*),"
    r"|(update|setdefault)\b)"
)


class Source:
    """The text of one module, and what was asked of it: that is the same in all processes and worlds."""

    def __init__(self, content: bytes) -> None:
        """Raises UnicodeError."""
        self.text = _decoded(content)
        self.size = len(content)
        self.is_empty = not self.text or self.text.isspace()
        #: by version of Python, how they were read, and the module's name
        self.statements: dict[tuple[tuple[int, ...], bool, bool, str], tuple[Statement, ...]] = {}
        self._lacking: dict[str, bool] = {}

    def lacks(self, name: str) -> bool:
        """Whether it surely has no such name."""
        if name not in self._lacking:
            mentioned = name[:2] == "__" or _mentions(self.text, name)
            self._lacking[name] = not mentioned and not self._makes_names
        return self._lacking[name]

    @cached_property
    def _makes_names(self) -> bool:
        return _MAKES_NAMES.search(self.text) is not None


class ModuleCache:
    """A view of the modules of one target; what was read is remembered."""

    def __init__(self, files: Files, interpreter: Interpreter) -> None:
        self.files = files
        self.version = tuple(int(part) for part in interpreter.version.split("."))
        self.is_newer = self.version[:2] > sys.version_info[:2]
        self.extension_suffixes = interpreter.extension_suffixes
        self.stdlib = interpreter.stdlib
        self._size = 0
        self._folders: dict[str, Mapping[str, str]] = {}
        self._sources: dict[str, Source] = {}
        #: by folder and name, whatever the search path
        self.locations: dict[tuple[str, str], Optional[ModuleLocation]] = {}
        self._archives: dict[str, Optional[Archive]] = {}

    def names(self, folder: str) -> Mapping[str, str]:
        """The names in a folder, also of a zip file, with their kinds; none where it cannot be read."""
        known = self._folders.get(folder)
        if known is None:
            try:
                known = self.files.entries(folder)
            except OSError:
                archive, inner = self._in_archive(folder)
                known = archive.names(inner) if archive else {}
            self._folders[folder] = known
        return known

    def is_file(self, path: str) -> bool:
        """Whether a name that is there is a module's file."""
        folder, _, name = path.rpartition("/")
        return self.files.is_file(path) or (
            self.archive_of(path) != "" and self.names(folder).get(name) == "file"
        )

    def is_dir(self, path: str) -> bool:
        """Whether it is a folder."""
        folder, _, name = path.rpartition("/")
        return self.files.is_dir(path) or (
            self.archive_of(path) != "" and self.names(folder).get(name) == "dir"
        )

    def archive_of(self, path: str) -> str:
        """The zip file on the search path that a path leads into; "" for none."""
        for part in _ARCHIVES.finditer(path):
            if self._archive(path[: part.end()]):
                return path[: part.end()]
        return ""

    def _archive(self, path: str) -> Optional[Archive]:
        if path not in self._archives:
            try:
                self._archives[path] = Archive(self.files, path)
            except (OSError, ValueError):
                self._archives[path] = None
        return self._archives[path]

    def _in_archive(self, path: str) -> tuple[Optional[Archive], str]:
        at = self.archive_of(path)
        return (self._archives[at], path[len(at) + 1 :]) if at else (None, "")

    def text(self, path: str) -> str:
        """A module's source.

        Raises OSError and UnicodeError as an import would fail, Unreadable where it is too large.
        """
        return self._source(path).text

    def version_in(self, path: str) -> Optional[str]:
        """The version that a file of NumPy's kind writes; None where it cannot be read."""
        try:
            match = re.search(r"^(?:short_)?version ?= ?[\"'](\d[^\"'+]*)", self.text(path), re.M)
        except (OSError, UnicodeError):
            return None
        return match.group(1) if match else None

    def _source(self, path: str) -> Source:
        known = self._sources.get(path)
        if known is None:
            archive, inner = self._in_archive(path)
            if archive is not None:
                known = Source(archive.read(inner))
            else:
                known = self.files.parsed(path, Limit.SOURCE, Source, Source, last=True)
            self._sources[path] = known
        return known

    def is_empty(self, path: str) -> bool:
        """Whether nothing stands in a module's file."""
        try:
            return self._source(path).is_empty
        except (OSError, UnicodeError):
            return False

    def size(self, path: str) -> Optional[int]:
        """The bytes in a module's file; None where it cannot be read."""
        try:
            return self._source(path).size
        except (OSError, UnicodeError):
            return None

    def lacks(self, path: str, name: str) -> bool:
        """Whether a module surely has no such name: its text does not mention it, nor makes names."""
        try:
            return self._source(path).lacks(name)
        except (OSError, UnicodeError):
            return False

    def makes_modules(self, path: str, name: str) -> bool:
        """Whether a package may put the module `name` below itself without a file for it."""
        if not path.endswith(".py"):
            return True
        try:
            text = self.text(path)
        except (OSError, UnicodeError):
            return True
        return puts_module(text, name)

    def statements(self, path: str, whole: bool, functions: bool, name: str) -> tuple[Statement, ...]:
        """What importing the file as `name` executes; raises as `text` does, SyntaxError, TooComplex."""
        source = self._source(path)
        key = (self.version, whole, functions, name)
        if key not in source.statements:
            self._size += len(source.text)
            if self._size > _MOST_SOURCE:
                raise TooComplex(f"comes after {_MOST_SOURCE >> 20} MiB of sources")
            source.statements[key] = imports_of(
                source.text, self.version, whole=whole, functions=functions, name=name
            )
        return source.statements[key]


def puts_module(text: str, name: str) -> bool:
    """Whether a text may put the module `name` into sys.modules."""
    keys = ("".join(found).strip() for found in _PUT.findall(text))
    literal = [re.fullmatch(r"['\"]([\w.]+)['\"]", key) for key in keys]
    if any(match is None or match.group(1) == name for match in literal):
        return True
    return "meta_path" in text and re.search(META_PATH, text) is not None


def _mentions(text: str, name: str) -> bool:
    """Whether a name stands in a text as a whole word, which is mostly where it first occurs."""
    position = text.find(name)
    while position >= 0:
        end = position + len(name)
        before, after = text[position - 1 : position], text[end : end + 1]
        if not (before.isalnum() or after.isalnum() or before == "_" or after == "_"):
            return True
        position = text.find(name, position + 1)
    return False


def _decoded(content: bytes) -> str:
    """A source as the interpreter decodes it (PEP 263; CPython's Parser/tokenizer.c, `decode_str`).

    Raises UnicodeError where it is a SyntaxError, with the encoding's name where that is refused (none
    that is known, none of texts, another one behind a BOM).
    """
    name = _coding(content)
    if name == "utf-8":
        content = content.removeprefix(codecs.BOM_UTF8)  # faster than the codec utf-8-sig
        try:
            return content.decode()
        except UnicodeDecodeError:
            if _only_in_comments(text := content.decode(errors="replace")):
                return text  # the bytes of UTF-8 are not looked at there
            raise
    if content.startswith(codecs.BOM_UTF8):
        raise UnicodeError(name)
    try:
        codec = codecs.lookup(name)
    except LookupError:
        raise UnicodeError(name) from None
    if not getattr(codec, "_is_text_encoding", True):
        raise UnicodeError(name)
    return content.decode("latin-1" if codec.name in _SLOW_CODECS else name)


def _coding(content: bytes) -> str:
    """The encoding that a source states in its first two lines (`get_normal_name`)."""
    end = content.find(b"\n", content.find(b"\n") + 1)
    if content.find(b"coding", 0, end if end >= 0 else len(content)) < 0:
        return "utf-8"
    for line in content.split(b"\n", 2)[:2]:
        coding = _CODING.match(line)
        if coding:
            name = coding.group(1).decode("ascii")
            normal = name[:12].lower().replace("_", "-")
            return "utf-8" if normal == "utf-8" or normal.startswith("utf-8-") else name
        if line.strip(b" \t\f\r") and not line.lstrip(b" \t\f").startswith(b"#"):
            break
    return "utf-8"


def _only_in_comments(text: str) -> bool:
    """Whether what could not be decoded stands in comments only."""
    import io
    import tokenize

    try:
        tokens = [*tokenize.generate_tokens(io.StringIO(text).readline)]
    except (SyntaxError, tokenize.TokenError):
        return False
    return not any("\ufffd" in token.string for token in tokens if token.type != tokenize.COMMENT)
