"""Linear with each framework, really served, and what is said where one cannot compute."""

from __future__ import annotations

import ast
import base64
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.selftest.boxed import named, place_of, selftest
from tests.truth import stock
from tests.truth.place import Place
from tritondoctor.support import own_files

SERVING = {
    "torch": "torch 2.13",
    "onnxruntime": "onnxruntime 1.32",
    "tensorflow 2.21": "tensorflow 2.21",
    "jax 0.6": "jax 0.6",
}


@pytest.mark.truth
@pytest.mark.parametrize("name", SERVING)
def test_each_serves_linear(name: str) -> None:
    with place_of(named(f"framework {name}")) as place:
        outcome = selftest(place, device="cpu", framework=name.split()[0])
        if name == "jax 0.6":
            chosen = selftest(place, device="cpu", framework="auto")
            assert chosen.result["device"]["library"].startswith("jax 0.6")
    assert outcome.result["passed"], outcome.result["findings"]
    assert outcome.result["device"]["library"].startswith(SERVING[name])


@pytest.mark.truth
@pytest.mark.parametrize(
    ("minor", "requirement"),
    [
        ("3.9", "onnxruntime<1.20"), ("3.10", "jax==0.6.2"), ("3.12", "onnxruntime==1.27.0"),
        ("3.13", "onnxruntime==1.27.0"),
    ],
)  # fmt: skip
def test_with_other_pythons(minor: str, requirement: str) -> None:
    framework = requirement.partition("=")[0].partition("<")[0]

    def beside(place: Place) -> None:
        place.start_from(stock.with_frameworks(place.name, (requirement, "numpy<2")))

    with place_of(replace(named(f"serves {minor}"), build=beside)) as place:
        outcome = selftest(place, device="cpu", framework=framework)
    assert outcome.result["passed"], outcome.result["findings"]
    assert outcome.result["device"]["library"].startswith(f"{framework} ")


@pytest.mark.truth
@pytest.mark.truth_slice
@pytest.mark.parametrize(
    ("framework", "words"),
    [("tensorflow", "tensorflow is not installed"), ("cupy", "cupy is not installed")],
)
def test_one_that_is_not_there_is_told(framework: str, words: str) -> None:
    with place_of(named("serves 3.11")) as place:
        outcome = selftest(place, device="cpu", framework=framework)
    assert (outcome.status, outcome.cause) == (1, "framework-not-usable")
    assert words in outcome.result["findings"][0]["explanation"]


@pytest.mark.truth
def test_one_that_is_broken_is_told() -> None:
    """A package that raises when it is imported; asked for by name, and passed over by `auto`."""

    def broken(place: Place) -> None:
        package = place.packages / "jax"
        package.mkdir()
        (package / "__init__.py").write_text("raise AttributeError('StringDType')\n")

    with place_of(replace(named("serves 3.11"), build=broken)) as place:
        refused = selftest(place, device="cpu", framework="jax")
        chosen = selftest(place, device="auto", framework="auto")
    assert refused.cause == "framework-not-usable"
    assert "jax: StringDType" in refused.result["findings"][0]["explanation"]
    assert chosen.result["passed"], chosen.result["findings"]
    assert chosen.result["device"]["library"].startswith("numpy")
    assert "jax: StringDType" in chosen.result["device"]["why"]


@pytest.mark.truth
def test_the_graph_of_onnx_is_what_its_words_say() -> None:
    """Read back with the package onnx: MatMul and Add of three inputs."""
    steps = (("onnxruntime==1.32.0", "onnx==1.23.2", "numpy<2"),)
    try:
        python = stock.with_frameworks("3.11", *steps) / "bin/python"
    except stock.Absent as lack:
        pytest.skip(str(lack))
    source = ast.parse(Path(own_files.path("selftest/frameworks.py")).read_text())
    graph = next(
        ast.literal_eval(node.value)
        for node in ast.walk(source)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "GRAPH"
    )
    assert base64.b64decode(graph)
    script = (
        "import base64, onnx, sys; model = onnx.load_from_string(base64.b64decode(sys.argv[1])); "
        "onnx.checker.check_model(model); print([node.op_type for node in model.graph.node], "
        "[value.name for value in model.graph.input], model.ir_version)"
    )
    command = [str(python), "-c", script, graph]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['MatMul', 'Add'] ['X', 'W', 'B'] 8"
