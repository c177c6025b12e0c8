#!/usr/bin/env python3
"""Write ``pytriton_releases.json``: what each released wheel of nvidia-pytriton contains.

pip downloads the wheels from the index that it is configured for, one at a time; each is deleted after
reading. Releases that are already in the file are kept unless ``--all`` is given. Needs pyelftools.

A release has these keys beside its name, tag, size and requirements:

``needs``            highest version of each symbol family that any ELF file of the wheel needs
``glibc_of_server``  the same for glibc, for tritonserver, its backend and cache alone (no stub)
``stubs``            per Python: the libpython needed, whether the wheel bundles it, the glibc
                     needed, and ``isolated``: the stub starts Python in isolated mode, blind to
                     PYTHONPATH, PYTHONHOME and the user's site directory. Releases that have one
                     stub for all have the one key ``only``, and ``python`` names its Python
``stub_path``        where the stubs are, below ``pytriton``
``libs_dir_exists``  whether the directory that PyTriton puts on ``LD_LIBRARY_PATH`` is in the wheel
``triton``           Triton's version, read from libtritonserver; null if it is not readable
``launch``           what differs in how PyTriton launches, read from the wheel's own Python files
"""

from __future__ import annotations

import argparse
import ast
import email.parser
import io
import json
import posixpath
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from elftools.elf.sections import SymbolTableSection

DISTRIBUTION = "nvidia-pytriton"
OUTPUT = Path(__file__).with_name("pytriton_releases.json")
ARCHITECTURES = ("x86_64", "aarch64")
PYTHONS = ("3.12", "3.10", "3.8")
GLIBC_MINORS = range(17, 42)
TREE = "pytriton/tritonserver/"
STUB = "triton_python_backend_stub"
VERSIONED = re.compile(r"(GLIBC|GLIBCXX|CXXABI|GCC)_(\d+(?:\.\d+)*)")
LIBPYTHON = re.compile(r"libpython3(?:-[0-9a-f]+)?\.(\d+)\.so")
ENTRY_MODULES = (
    "pytriton.triton",
    "pytriton.decorators",
    "pytriton.model_config",
    "pytriton.client",
)

Release = dict[str, Any]


# ----------------------------------------------------------------------------- pip


def pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter's pip and capture its output."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def released_versions() -> list[str]:
    """Every released version, newest first, as pip lists them."""
    answer = pip("index", "versions", DISTRIBUTION)
    found = re.search(r"^Available versions: (.+)$", answer.stdout, re.MULTILINE)
    if found is None:
        raise SystemExit(f"pip lists no versions of {DISTRIBUTION}:\n{answer.stderr}")
    return [version.strip() for version in found[1].split(",")]


def download(version: str, arch: str, folder: Path) -> Optional[Path]:
    """Fetch one wheel into ``folder``; ``None`` if there is none for this machine."""
    platforms = [f"--platform=manylinux_2_{minor}_{arch}" for minor in GLIBC_MINORS]
    requirement = f"{DISTRIBUTION}=={version}"
    for python in PYTHONS:
        answer = pip(
            *("download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"),
            *(f"--python-version={python}", f"--dest={folder}", *platforms, requirement),
        )
        if answer.returncode == 0:
            return next(folder.glob("*.whl"))
        if "No matching distribution found" not in answer.stderr:
            raise SystemExit(f"{version} {arch}: {answer.stderr}")
    return None


# ----------------------------------------------------------------------------- ELF


def version_key(version: str) -> tuple[int, ...]:
    """``2.35`` as numbers, for comparing."""
    return tuple(int(part) for part in version.split("."))


@dataclass(frozen=True)
class Binary:
    """One ELF file of a wheel."""

    path: str
    needed: tuple[str, ...]
    versions: frozenset[tuple[str, str]]
    symbols: frozenset[str]

    @property
    def name(self) -> str:
        """The file's name, without its directory."""
        return posixpath.basename(self.path)


def read_binary(path: str, content: bytes) -> Binary:
    """Read what one ELF file needs."""
    elf = ELFFile(io.BytesIO(content))
    needed: list[str] = []
    versions: set[tuple[str, str]] = set()
    symbols: set[str] = set()
    for section in elf.iter_sections():
        if isinstance(section, DynamicSection):
            needed += [str(vars(tag)["needed"]) for tag in section.iter_tags("DT_NEEDED")]
        elif isinstance(section, GNUVerNeedSection):
            versions |= set(needed_versions(section))
        elif isinstance(section, SymbolTableSection) and path.endswith(STUB):
            symbols |= {symbol.name for symbol in section.iter_symbols()}
    return Binary(path, tuple(needed), frozenset(versions), frozenset(symbols))


def needed_versions(section: Any) -> Iterator[tuple[str, str]]:
    """The (family, version) pairs of a version-needs table."""
    for _, entries in section.iter_versions():
        for entry in entries:
            found = VERSIONED.fullmatch(entry.name)
            if found:
                yield found[1], found[2]


def highest(binaries: Iterable[Binary]) -> dict[str, str]:
    """The highest version of each family needed by any of the files."""
    best: dict[str, str] = {}
    for binary in binaries:
        for family, version in binary.versions:
            if family not in best or version_key(version) > version_key(best[family]):
                best[family] = version
    return dict(sorted(best.items()))


def with_libraries(roots: Iterable[Binary], binaries: Iterable[Binary]) -> list[Binary]:
    """The files and everything that they need from the wheel itself."""
    by_name = {binary.name: binary for binary in binaries}
    seen: dict[str, Binary] = {}
    waiting = list(roots)
    while waiting:
        binary = waiting.pop()
        if binary.path not in seen:
            seen[binary.path] = binary
            waiting += [by_name[name] for name in binary.needed if name in by_name]
    return list(seen.values())


def triton_version(content: bytes) -> Optional[str]:
    """Triton's version: text on aarch64; on x86-64 the compiler split it into immediates."""
    elf = ELFFile(io.BytesIO(content))
    if elf["e_machine"] == "EM_AARCH64":
        found = {text.decode("ascii") for text in re.findall(rb"\0(2\.[1-9]\d\.\d)\0", content)}
    else:
        text_section = elf.get_section_by_name(".text")
        found = immediates(text_section.data()) if text_section else set()
    return found.pop() if len(found) == 1 else None


def immediates(code: bytes) -> set[str]:
    """Versions stored by a four-byte immediate, with the last two bytes in a register nearby."""
    found = set()
    for start in re.finditer(rb"\xc7.{1,3}(2\.[1-9]\d)", code, re.DOTALL):
        nearby = code[max(0, start.start() - 96) : start.end() + 32]
        patch = re.search(rb"[\xb8-\xbf](\.\d)\0\0", nearby)
        if patch:
            found.add((start[1] + patch[1]).decode("ascii"))
    return found


# -------------------------------------------------------------------------- Python


class ReleaseSources:
    """The parsed Python files of a wheel, by module name."""

    def __init__(self, wheel: zipfile.ZipFile) -> None:
        """Parse ``pytriton/**.py``, the backend's own files aside."""
        self._trees: dict[str, ast.Module] = {}
        self._packages: set[str] = set()
        for name in wheel.namelist():
            if re.fullmatch(r"pytriton/.*\.py", name) and not name.startswith(TREE):
                self._add(name, wheel.read(name))

    def _add(self, name: str, content: bytes) -> None:
        module = name[: -len(".py")].replace("/", ".")
        if module.endswith(".__init__"):
            module = module[: -len(".__init__")]
            self._packages.add(module)
        self._trees[module] = ast.parse(content, name)

    def __contains__(self, module: str) -> bool:
        """Whether the wheel has this module."""
        return module in self._trees

    def __getitem__(self, module: str) -> ast.Module:
        """The syntax tree of a module."""
        return self._trees[module]

    def below(self, package: str) -> list[ast.Module]:
        """The syntax trees of the modules in a package."""
        return [tree for name, tree in self._trees.items() if name.startswith(package + ".")]

    def imports(self, module: str) -> set[str]:
        """The full names that a module imports whenever it is imported."""
        package = module if module in self._packages else module.rpartition(".")[0]
        found: set[str] = set()
        for node in unconditional(self._trees[module].body):
            found |= imported_names(node, package)
        return found

    def closure(self, modules: Iterable[str]) -> set[str]:
        """The third-party top-level modules imported by these modules and all that they import."""
        third_party: set[str] = set()
        seen: set[str] = set()
        waiting = list(modules)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            waiting += [name.rpartition(".")[0]] if "." in name else []
            if name in self._trees:
                waiting += self.imports(name)
            elif "." not in name and not is_standard(name):
                third_party.add(name)
        return third_party


def unconditional(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run on import: not those behind ``if``, ``try: ... except``, ``def``."""
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield statement
        elif isinstance(statement, (ast.With, ast.ClassDef)):
            yield from unconditional(statement.body)
        elif isinstance(statement, ast.Try):
            yield from unconditional([] if statement.handlers else statement.body)
            yield from unconditional(statement.finalbody)


def imported_names(node: ast.AST, package: str) -> set[str]:
    """The full names that one import statement may load, modules and attributes alike."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        parents = parts[: len(parts) - node.level + 1] if node.level else []
        base = ".".join([*parents, *([node.module] if node.module else [])])
        return {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return set()


def is_standard(module: str) -> bool:
    """Whether a top-level module is of the standard library."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    patterns = (f"{module}.py", f"{module}/__init__.py", f"lib-dynload/{module}.*")
    return module in sys.builtin_module_names or any(any(folder.glob(p)) for p in patterns)


def assigned(tree: ast.AST, name: str) -> Optional[Any]:
    """The literal assigned to a name anywhere in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            return ast.literal_eval(node.value)
    return None


def script_files(sources: ReleaseSources) -> list[str]:
    """The proxy files that are copied into the model; before 0.4 a function names them."""
    tree = sources["pytriton.models.model"]
    listed = assigned(tree, "SCRIPT_FILES_TO_COPY") or assigned(tree, "files_to_copy")
    if listed:
        return [str(name) for name in listed]
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    names = {text for text in constants if isinstance(text, str)}
    return sorted(text for text in names if re.fullmatch(r"\w+\.py", text))


def deferred_imports(sources: ReleaseSources) -> list[str]:
    """The third-party modules that ``pytriton.server`` imports inside its functions."""
    found: set[str] = set()
    for tree in sources.below("pytriton.server"):
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    found |= imported_names(node, "pytriton.server")
    tops = {name.partition(".")[0] for name in found}
    return sorted(top for top in tops if top not in sources and not is_standard(top))


def server_imports(sources: ReleaseSources, scripts: Iterable[str]) -> list[str]:
    """What the copied files import on the server's side: no package of PyTriton is there."""
    copied = [f"pytriton.proxy.{name[: -len('.py')]}" for name in scripts]
    found: set[str] = set()
    for module in copied:
        found |= {name.partition(".")[0] for name in sources.imports(module)}
    own = {"pytriton", "triton_python_backend_utils"}
    return sorted(top for top in found - own if not is_standard(top))


def launch(sources: ReleaseSources) -> dict[str, list[str]]:
    """What differs between releases in how PyTriton launches."""
    scripts = script_files(sources)
    required = assigned(sources["pytriton.server.triton_server"], "_PROXY_REQUIRED_MODULES")
    return {
        "proxy_required_modules": list(required or []),
        "script_files": scripts,
        "imports": sorted(sources.closure(ENTRY_MODULES)),
        "spawn_imports": deferred_imports(sources),
        "server_imports": server_imports(sources, scripts),
    }


# ------------------------------------------------------------------------- a wheel


def python_of(libraries: Iterable[str]) -> Optional[str]:
    """The Python that a libpython belongs to: ``libpython3-a12cd27d.8.so.1.0`` is of 3.8."""
    for library in libraries:
        found = LIBPYTHON.match(library)
        if found:
            return f"3.{found[1]}"
    return None


def describe_stub(stub: Binary, binaries: list[Binary]) -> dict[str, Any]:
    """What one stub needs from the machine."""
    libraries = [name for name in stub.needed if name.startswith("libpython")]
    carried = {binary.name for binary in binaries}
    return {
        "libpython": libraries,
        "bundled": bool(libraries) and carried.issuperset(libraries),
        "glibc": highest(with_libraries([stub], binaries)).get("GLIBC"),
        "isolated": "PyConfig_InitIsolatedConfig" in stub.symbols,
    }


def describe_stubs(binaries: list[Binary]) -> Release:
    """The stubs of a wheel, one for each Python or one for all, and where they lie."""
    found = {posixpath.dirname(b.path): b for b in binaries if b.name == STUB}
    by_python = {f: b for f, b in found.items() if re.search(r"/3\.\d+$", f)}
    if by_python:
        names = sorted(by_python, key=lambda folder: version_key(posixpath.basename(folder)))
        stubs = {posixpath.basename(n): describe_stub(by_python[n], binaries) for n in names}
        return {"stubs": stubs, "stub_path": f"tritonserver/python_backend_stubs/{{}}/{STUB}"}
    (stub,) = found.values()
    only = describe_stub(stub, binaries)
    only["python"] = python_of(only["libpython"])
    return {"stubs": {"only": only}, "stub_path": posixpath.relpath(stub.path, "pytriton")}


def libs_directory(sources: ReleaseSources) -> Optional[str]:
    """The directory beside ``pytriton`` that PyTriton puts on LD_LIBRARY_PATH."""
    for node in ast.walk(sources["pytriton.utils.distribution"]):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and re.fullmatch(r"\w+\.libs", value):
            return value
    return None


def describe(path: Path, version: str, arch: str) -> Release:
    """Everything about one wheel."""
    with zipfile.ZipFile(path) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/")}
        sources = ReleaseSources(wheel)
    metadata_name = next(name for name in files if name.endswith(".dist-info/METADATA"))
    metadata = email.parser.BytesParser().parsebytes(files[metadata_name])
    elves = {name: content for name, content in files.items() if content[:4] == b"\x7fELF"}
    binaries = [read_binary(name, content) for name, content in elves.items()]
    in_tree = [b for b in binaries if b.path.startswith(TREE) and b.name != STUB]
    core = next(content for name, content in elves.items() if "/libtritonserver" in name)
    libs = libs_directory(sources)
    cudart = (re.search(r"/libcudart\b.*?\.so\.([\d.]+)$", binary.path) for binary in binaries)
    required = metadata.get_all("Requires-Dist") or []
    return {
        "version": version,
        "arch": arch,
        "wheel_tag": path.name[: -len(".whl")].rsplit("-", 1)[1],
        "size_bytes": path.stat().st_size,
        "requires_python": metadata["Requires-Python"],
        "requires_dist": [text for text in required if "extra ==" not in text],
        "needs": highest(binaries),
        "glibc_of_server": highest(with_libraries(in_tree, binaries))["GLIBC"],
        **describe_stubs(binaries),
        "libs_dir_exists": any(name.startswith(f"{libs}/") for name in files),
        "cudart": sorted({found[1] for found in cudart if found}),
        "triton": triton_version(core),
        "launch": launch(sources),
    }


# ------------------------------------------------------------------------ the file


def load() -> list[Release]:
    """The releases that the file holds already."""
    if not OUTPUT.exists():
        return []
    releases: list[Release] = json.loads(OUTPUT.read_text(encoding="utf-8"))
    return releases


def save(releases: list[Release]) -> None:
    """Write the file, newest first and one release a line."""

    def order(release: Release) -> tuple[tuple[int, ...], int]:
        return version_key(release["version"]), -ARCHITECTURES.index(release["arch"])

    lines = ",\n".join(json.dumps(r) for r in sorted(releases, key=order, reverse=True))
    OUTPUT.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def add(version: str, arch: str, releases: list[Release]) -> None:
    """Fetch, read and record one wheel, then forget it."""
    with tempfile.TemporaryDirectory(prefix="pytriton-wheel-") as folder:
        wheel = download(version, arch, Path(folder))
        print(version, arch, wheel.name if wheel else "no wheel", flush=True)
        if wheel:
            releases.append(describe(wheel, version, arch))
            save(releases)


def main() -> None:
    """Bring the file up to date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="read every wheel again")
    arguments = parser.parse_args()
    releases = [] if arguments.all else load()
    known = {(release["version"], release["arch"]) for release in releases}
    for version in released_versions():
        for arch in ARCHITECTURES:
            if (version, arch) not in known:
                add(version, arch, releases)


if __name__ == "__main__":
    main()
