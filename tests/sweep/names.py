"""The variables that a launch can read: what stands in its programs, libraries and modules.

From sure to plausible: the names that a real start asks for ("asked": a library in LD_PRELOAD and a
listening `os.environ` write them down), those that stand beside a call of `getenv` in a library's code
("called"), those that modules name beside `os.environ` ("module"), and every other string that looks like
a name in an object that calls `getenv` ("string").
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tests.truth import stock
from tests.truth.place import Place
from tests.truth.real import sandbox, serve_linear
from tritondoctor.support.variables import LOADER

#: a name: capitals, or the proxies of curl and gRPC
NAME = re.compile(r"_{0,2}[A-Z][A-Z0-9_]{2,58}(?:_[a-z0-9]+)?|[a-z_]{2,20}_proxy")
#: what may be a value of a variable beside which it stands
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:+-]{0,24}")
_ASKED_IN_C = ("getenv", "secure_getenv", "__secure_getenv")
_CALL = re.compile(r"<(?:__)?(?:secure_)?getenv[@>]")
_ASKS = re.compile(r"environ|getenv")
_BESIDE, _MOST_BESIDE = 6, 6

_LISTENER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static void note(const char *name) {
    int before = errno, file = open(ASKED, O_WRONLY | O_APPEND | O_CREAT, 0666);
    char line[200];
    int size = snprintf(line, sizeof line, "%s\n", name);
    if (file >= 0) { write(file, line, size < 200 ? size : 200); close(file); }
    errno = before;
}
char *getenv(const char *name) {
    static char *(*real)(const char *);
    if (!real) real = dlsym(RTLD_NEXT, "getenv");
    note(name);
    return real(name);
}
char *secure_getenv(const char *name) {
    static char *(*real)(const char *);
    if (!real) real = dlsym(RTLD_NEXT, "secure_getenv");
    note(name);
    return real(name);
}
"""
#: makes `os.environ` of a process note in `asked` what it is asked for
LISTENING = """
import os
asked = set()
class Listening(type(os.environ)):
    def __getitem__(self, key):
        asked.add(key)
        return super().__getitem__(key)
    def __contains__(self, key):
        asked.add(key)
        return super().__contains__(key)
os.environ.__class__ = Listening
"""
_MODULES = """
import importlib, json, sys
for name in (
    "numpy pytriton.client pytriton.decorators pytriton.model_config pytriton.triton pytriton.proxy.data "
    "pytriton.proxy.inference zmq gevent.hub gevent.resolver.thread multiprocessing.managers "
    "multiprocessing.popen_spawn_posix multiprocessing.spawn multiprocessing.resource_tracker "
    "multiprocessing.shared_memory geventhttpclient"
).split():
    try:
        importlib.import_module(name)
    except ImportError:
        pass
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
print(json.dumps([sorted(filter(None, files)), sorted(asked)]))
"""

Kind = Literal["asked", "called", "module", "string"]


@dataclass(frozen=True)
class Named:
    """A variable, how sure it is that the launch reads it, where it stands, and the words beside it."""

    name: str
    kind: Kind
    where: str
    beside: tuple[str, ...] = ()


def all_names(place: Place) -> dict[str, Named]:
    """Every name of the environment's launch; the surest source wins, words of all are kept."""
    modules, asked_in_python = _modules(place)
    asked = sorted(_asked(place) | asked_in_python | set(LOADER))
    sources = [path for path in modules if path.endswith(".py")]
    sources += [str(path) for path in (place.kept_packages() / "pytriton").rglob("*.py")]
    objects = [path for path in _objects(place, modules) if _asks(path)]
    known = [
        *(Named(name, "asked", "a real start") for name in asked if NAME.fullmatch(name)),
        *(named for path in objects for named in _called_in(path)),
        *of_modules(sorted(set(sources))),
        *(named for path in objects for named in _strings_in(path)),
    ]
    found: dict[str, Named] = {}
    for named in known:
        before = found.setdefault(named.name, named)
        beside = tuple(dict.fromkeys((*before.beside, *named.beside)))
        found[named.name] = Named(before.name, before.kind, before.where, beside)
    return found


def _asked(place: Place) -> set[str]:
    """What a real start asks `getenv` for."""
    listener, asked = place.here / "listener.so", place.here / "asked"
    source = place.write(place.here / "listener.c", _LISTENER)
    compiler = shutil.which("gcc")
    if compiler is None:
        raise stock.Absent("gcc is not installed")
    command = [compiler, "-shared", "-fPIC", "-w", f'-DASKED="{asked}"', "-o", str(listener), str(source)]
    stock.run(command, "gcc for the listener")
    variables = {**place.variables, "LD_PRELOAD": str(listener)}
    outcome = serve_linear(place.python, variables, str(place.cwd), sandbox(), 120)
    assert outcome.served, outcome.log[-2000:]
    return set(asked.read_text(errors="replace").split())


def _modules(place: Place) -> tuple[list[str], set[str]]:
    """The files of every module that client and stub import, and the variables they ask for."""
    done = subprocess.run(
        [place.python, "-c", LISTENING + _MODULES], env=place.variables, cwd=place.cwd,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    files, asked = json.loads(done.stdout)
    return files, set(asked)


def _objects(place: Place, modules: Iterable[str]) -> list[str]:
    """Every ELF object of the launch: of the wheel, of the extensions, and what these need."""
    packages = place.kept_packages()
    server = packages / "pytriton/tritonserver"
    own = [server / "bin/tritonserver", server / "backends/python/libtriton_python.so", place.stub]
    roots = [*map(str, own), *(path for path in modules if ".so" in path), place.python, "/usr/bin/bash"]
    needed = {str(Path(path).resolve()) for path in roots}
    for path in roots:
        done = subprocess.run(
            ["/usr/bin/ldd", path], env=place.variables, capture_output=True, text=True, check=False
        )
        needed |= {str(Path(found).resolve()) for found in re.findall(r"=> (/\S+)", done.stdout)}
    return sorted(needed)


def _strings_in(path: str) -> Iterator[Named]:
    """The strings of an object that look like names, each with the words beside it."""
    content = Path(path).read_bytes()
    strings = [text.decode("ascii") for text in re.findall(rb"[ -~]{2,80}(?=\0)", content)]
    for index, text in enumerate(strings):
        if NAME.fullmatch(text):
            around = strings[max(0, index - _BESIDE) : index + _BESIDE + 1]
            yield Named(text, "string", os.path.basename(path), _words(around))


def _words(strings: Iterable[str]) -> tuple[str, ...]:
    words = [word for word in strings if WORD.fullmatch(word) and not NAME.fullmatch(word)]
    return tuple(dict.fromkeys(words))[:_MOST_BESIDE]


def _called_in(path: str) -> Iterator[Named]:
    """The names in the code that calls `getenv`: x86-64's `lea NAME(%rip),%rdi` before the call."""
    command = ["objdump", "-d", "--no-show-raw-insn", path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as disassembly:
        assert disassembly.stdout is not None
        address, found = "", set[int]()
        for line in disassembly.stdout:
            if ",%rdi" in line:
                address = line.rpartition("# ")[2].split(" ")[0].strip() if "lea " in line else ""
            elif "call" in line and _CALL.search(line):
                found |= {int(address, 16)} if address else set()
    with open(path, "rb") as file:
        texts = [_text_at(ELFFile(file), where) for where in sorted(found)]
    yield from (Named(text, "called", os.path.basename(path)) for text in texts if NAME.fullmatch(text))


def _text_at(elf: ELFFile, address: int) -> str:
    for offset in elf.address_offsets(address):
        elf.stream.seek(offset)
        return str(elf.stream.read(80).split(b"\0")[0].decode("ascii", "replace"))
    return ""


def _asks(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            section: Any = ELFFile(file).get_section_by_name(".dynsym")
            symbols = section.iter_symbols() if section is not None else ()
            return any(
                symbol.name in _ASKED_IN_C and symbol["st_shndx"] == "SHN_UNDEF" for symbol in symbols
            ) or os.path.basename(path).startswith(("libc.so", "ld-", "bash"))
    except (OSError, ELFError):
        return False


def of_modules(paths: Iterable[str]) -> Iterator[Named]:
    """The names in modules that look at the environment, each with the other words of its statement."""
    for path in paths:
        try:
            text = Path(path).read_text(errors="replace")
            tree = ast.parse(text)
        except (OSError, SyntaxError, ValueError):
            continue
        if "environ" in text or "getenv" in text:
            yield from _of_tree(tree, path)


def _of_tree(tree: ast.Module, path: str) -> Iterator[Named]:
    for block in _blocks(tree):
        strings = [text for node in ast.walk(block) if (text := _text_of(node))]
        for name in dict.fromkeys(_asked_for(block)):
            if NAME.fullmatch(name):
                yield Named(name, "module", _short(path), _words(strings))


def _asked_for(block: ast.stmt) -> Iterator[str]:
    """`environ["X"]`, `environ.get("X")`, `getenv("X")`, `"X" in environ`, `environment_key = "X"`."""
    for node in ast.walk(block):
        parts: list[ast.AST] = []
        if isinstance(node, ast.Call) and _ASKS.search(ast.unparse(node.func)):
            parts = [*node.args]
        elif isinstance(node, ast.Subscript) and _ASKS.search(ast.unparse(node.value)):
            parts = [node.slice]
        elif isinstance(node, ast.Compare) and _ASKS.search(ast.unparse(node.comparators[0])):
            parts = [node.left]
        elif isinstance(node, ast.Assign) and _ASKS.search(ast.unparse(node.targets[0])):
            parts = [node.value]
        yield from filter(None, map(_text_of, parts))


def _text_of(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _blocks(tree: ast.Module) -> Iterator[ast.stmt]:
    """Each function, each statement of a class, and each other statement of the module."""
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            names = [node for node in statement.body if isinstance(node, ast.Assign)]
            yield from (statement,) if len(names) < 12 else statement.body
        else:
            yield statement


def _short(path: str) -> str:
    return re.sub(r".*/(site-packages|lib/python3\.\d+)/", "", path)
