#!/usr/bin/env python3
"""Write ``frameworks.json``: what releases of machine-learning frameworks ask of NumPy and protobuf.

The metadata come through ``pip install --dry-run --report``, so the index is whichever one pip is
configured for. Releases that the file already holds are kept unless ``--all`` is given.

A release has these keys:

``framework``    its name for ``--framework``; ``package`` is that of pip, ``version`` the release
``python``       what it requires of Python
``numpy``, ``protobuf``
                 what it requires of them under Python 3.11 ("" for any version); null where it does
                 not ask for the package
``started``      the environment of tests/truth in which PyTriton was really started beside it, or ""

``client`` is the tritonclient that pip puts beside PyTriton: what it asks of protobuf, and ``gencode``,
the protobuf that its code was generated for: it refuses older ones.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Optional

from packaging.requirements import Requirement

OUTPUT = Path(__file__).with_name("frameworks.json")
PYTHON = "3.11"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux2014_x86_64")
#: (name for --framework, package, releases): the first and the last that asked for the same, in between
#: one a year
RELEASES = (
    ("torch", "torch", ("2.0.1", "2.2.2", "2.4.1", "2.7.1", "2.10.0", "2.13.0")),
    (
        "tensorflow",
        "tensorflow-cpu",
        ("2.12.1", "2.15.1", "2.16.1", "2.18.1", "2.19.1", "2.20.0", "2.21.0"),
    ),
    ("jax", "jax", ("0.4.20", "0.4.38", "0.5.3", "0.6.2", "0.7.2", "0.10.2")),
    ("onnxruntime", "onnxruntime", ("1.16.3", "1.20.1", "1.32.0")),
    ("cupy", "cupy-cuda12x", ("12.3.0", "13.6.0", "14.1.1")),
)
#: tests/truth/environments/frameworks.py
STARTED = {
    ("torch", "2.13.0"): "framework torch",
    ("tensorflow", "2.21.0"): "framework tensorflow 2.21",
    ("tensorflow", "2.20.0"): "framework tensorflow 2.20",
    ("tensorflow", "2.18.1"): "tensorflow-with-protobuf-5 2.18",
    ("tensorflow", "2.15.1"): "tensorflow-with-protobuf-4 2.15",
    ("jax", "0.6.2"): "framework jax 0.6",
    ("jax", "0.10.2"): "framework-with-numpy-2 jax 0.10",
    ("onnxruntime", "1.32.0"): "framework onnxruntime",
}
CLIENT = ("tritonclient", "2.73.0")


def metadata(package: str, version: str) -> dict[str, Any]:
    """The metadata of a release for Python 3.11 on Linux.  Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed",
            "--quiet", "--report", "-", "--python-version", PYTHON, "--only-binary=:all:",
            "--target", folder,
        ]  # fmt: skip
        for platform in PLATFORMS:
            command += ["--platform", platform]
        done = subprocess.run(
            [*command, f"{package}=={version}"], capture_output=True, text=True, check=True
        )
    found: dict[str, Any] = json.loads(done.stdout)["install"][0]["metadata"]
    return found


def requirement_of(requires: list[str], name: str) -> Optional[str]:
    """What is asked of a package without extras; None where it is not asked for."""
    environment = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0", "extra": ""}
    for requirement in map(Requirement, requires):
        known = requirement.marker is None or requirement.marker.evaluate(environment)
        if requirement.name.lower() == name and known:
            return ",".join(sorted(map(str, requirement.specifier)))
    return None


def row(framework: str, package: str, version: str) -> dict[str, Any]:
    """One release of the table."""
    found = metadata(package, version)
    requires = found.get("requires_dist", [])
    return {
        "framework": framework,
        "package": package,
        "version": version,
        "python": found.get("requires_python", ""),
        "numpy": requirement_of(requires, "numpy"),
        "protobuf": requirement_of(requires, "protobuf"),
    }


def client(package: str, version: str) -> dict[str, Any]:
    """What the client asks of protobuf, and the release that its code was generated for."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder]
        subprocess.run([*command, f"{package}=={version}"], check=True)
        (path,) = Path(folder).iterdir()
        with zipfile.ZipFile(path) as wheel:
            code = wheel.read("tritonclient/grpc/service_pb2.py").decode()
            lines = wheel.read(f"{package}-{version}.dist-info/METADATA").decode().splitlines()
    numbers = re.search(r"Domain\.PUBLIC,\s*(\d+),\s*(\d+),\s*(\d+)", code)
    requires = [line.partition(": ")[2].partition(";")[0] for line in lines if "Requires-Dist: p" in line]
    return {
        "package": package,
        "version": version,
        "protobuf": requirement_of(requires, "protobuf"),
        "gencode": ".".join(numbers.groups()) if numbers else "",
    }


def main() -> None:
    """Read what is not yet known, and write the table."""
    known = {}
    if OUTPUT.exists() and "--all" not in sys.argv:
        old = json.loads(OUTPUT.read_text())["frameworks"]
        known = {(found["package"], found["version"]): found for found in old}
    of_client = client(*CLIENT)
    rows = []
    for framework, package, versions in RELEASES:
        for version in versions:
            try:
                found = known.get((package, version)) or row(framework, package, version)
                rows.append({**found, "started": STARTED.get((framework, version), "")})
            except subprocess.CalledProcessError as failure:
                print(f"{package} {version}: {failure.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            table = {"client": of_client, "frameworks": rows}
            OUTPUT.write_text(json.dumps(table, indent=1) + "\n")
            print(package, version, flush=True)


if __name__ == "__main__":
    main()
