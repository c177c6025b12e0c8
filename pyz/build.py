"""Build dist/tritondoctor.pyz: the doctor and its packages for every Python and machine in a file.

    python pyz/build.py [FILE]       build the file from the hashed requirements.txt in this folder
    python pyz/build.py --lock       make requirements.txt from pyproject.toml

uv downloads what pip would install on each target, by hash, and keeps the wheels in its cache.  Packages
that are the same on several targets are stored once: a layer is a folder of packages, and each target
has a list of layers.  The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from tritondoctor.installing.pips import for_uv, uv

HERE = Path(__file__).parent
ROOT = HERE.parent
LOCK = HERE / "requirements.txt"
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
#: name in start.py -> name in uv
PLATFORMS = {
    "x86_64-glibc": "x86_64-manylinux2014",
    "aarch64-glibc": "aarch64-manylinux2014",
    "x86_64-musl": "x86_64-unknown-linux-musl",
    "aarch64-musl": "aarch64-unknown-linux-musl",
}
#: PyYAML works without libyaml, which is faster; the doctor reads small files only
_NOT_NEEDED = ("_yaml",)
_ABOUT = ("METADATA", "LICENSE", "COPYING", "AUTHORS", "NOTICE")
#: in the shell script that starts an installed doctor: where its part for an installation begins
_COMMON_END = "# Up to here the one file"
#: the oldest date that a zip file can hold
_WHEN = (1980, 1, 1, 0, 0, 0)

Files = dict[str, bytes]


def _uv(*words: str) -> None:
    program = uv(os.environ)
    if program is None:
        raise SystemExit("uv is not installed: pip install '.[dev]'")
    done = subprocess.run([program, "pip", *words], env=for_uv(os.environ), check=False)
    if done.returncode:
        raise SystemExit("uv failed; see its messages above.")


def lock() -> None:
    """Write requirements.txt: the same resolution for all targets."""
    _uv(
        "compile", "--quiet", "--universal", "--python-version", PYTHONS[0], "--generate-hashes",
        "--upgrade", "--no-header", "--no-annotate", "--output-file", str(LOCK),
        str(ROOT / "pyproject.toml"),
    )  # fmt: skip


def fetched(python: str, platform: str, folder: str) -> Files:
    """Return the files that pip would put into site-packages on a target, by path."""
    _uv(
        "install", "--quiet", "--target", folder, "--python-version", python, "--python-platform",
        platform, "--only-binary", ":all:", "--no-deps", "--require-hashes", "--requirements", str(LOCK),
    )  # fmt: skip
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and _wanted(path.relative_to(folder))
    }


def _wanted(path: Path) -> bool:
    if path.parts[0] == "bin" or path.name.startswith((".", *_NOT_NEEDED)):
        return False
    if path.parts[0].endswith(".dist-info"):
        return path.name.startswith(_ABOUT) or "licenses" in path.parts
    return path.suffix not in (".pyi", ".pyc") and "__pycache__" not in path.parts


def own() -> Files:
    """Return the doctor's own files, with its recipes where a wheel has them."""
    found = {}
    for top, name in (
        (ROOT / "tritondoctor", "tritondoctor"),
        (ROOT / "recipes", "tritondoctor/recipes"),
    ):
        for path in sorted(top.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found[f"{name}/{path.relative_to(top)}"] = path.read_bytes()
    return found


def in_layers(targets: dict[str, Files]) -> tuple[Files, dict[str, object]]:
    """Return the archive's files, and the table in which start.py finds those of its target."""
    stored: Files = {}
    compiled: dict[str, dict[str, str]] = {target: {} for target in targets}
    users: dict[tuple[str, str], list[str]] = defaultdict(list)
    packages: dict[str, Files] = {}
    for target, files in targets.items():
        for path, content in files.items():
            if path.endswith(".so"):
                entry = f"compiled/{hashlib.sha256(content).hexdigest()[:16]}.so"
                compiled[target][path.partition(".")[0].replace("/", ".")] = entry
                stored[entry] = content
        pure = [(path, content) for path, content in files.items() if not path.endswith(".so")]
        for top, members in itertools.groupby(pure, key=lambda file: file[0].partition("/")[0]):
            package = dict(members)
            key = hashlib.sha256(repr(package).encode()).hexdigest()
            users[top, key].append(target)
            packages[key] = package
    layers: dict[tuple[str, ...], str] = {}
    for (_, key), sharing in users.items():
        layer = layers.setdefault(tuple(sharing), f"packages{len(layers)}")
        stored.update({f"{layer}/{path}": content for path, content in packages[key].items()})
    table = {
        target: {
            "layers": [layer for sharing, layer in layers.items() if target in sharing],
            "compiled": compiled[target],
        }
        for target in targets
    }
    names = {top.partition(".")[0] for top, _ in users if not top.endswith(".dist-info")}
    return stored, {"targets": table, "packages": sorted(names)}


def header() -> bytes:
    """Return the shell script before the archive: it starts python3 the way an installed doctor does."""
    script = (ROOT / "starter" / "tritondoctor").read_text()
    common = script.partition(_COMMON_END)[0].partition("unset -f")
    intro = "#!/bin/sh\n# tritondoctor as one file: a script, with an archive of modules behind it.\n"
    return "".join([intro, *common[1:], (HERE / "header.sh").read_text()]).encode()


def write(path: Path, files: Files) -> None:
    """Write an executable zip file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        out.write(header())
        with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=9) as archive:
            for name, content in sorted(files.items()):
                entry = ZipInfo(name, _WHEN)
                entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
                archive.writestr(entry, content)
    path.chmod(0o755)


def build(path: Path) -> None:
    """Download the packages, arrange them in layers, and write the file."""
    targets, mine = {}, own()
    for python, (name, platform) in itertools.product(PYTHONS, PLATFORMS.items()):
        with tempfile.TemporaryDirectory(prefix="tritondoctor-pyz-") as folder:
            targets[f"{python}-{name}"] = {**fetched(python, platform, folder), **mine}
    files, table = in_layers(targets)
    files["__main__.py"] = (HERE / "entry.py").read_bytes()
    files["start.py"] = (HERE / "start.py").read_bytes()
    files["contents.json"] = json.dumps(table, sort_keys=True).encode()
    write(path, files)
    content = path.read_bytes()
    print(f"{path}: {len(content) / 1e6:.1f} MB, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "dist" / "tritondoctor.pyz")
    parser.add_argument("--lock", action="store_true")
    options = parser.parse_args()
    if options.lock:
        lock()
    else:
        build(options.file)
