"""Machine-learning frameworks beside PyTriton, as pip leaves them: one command after another."""

from __future__ import annotations

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place

TORCH = "torch==2.13.0"
#: the steps of pip; what its resolver then puts beside them is what users get
SERVING = {
    "torch": ((TORCH, "numpy<2"),),
    "onnxruntime": (("onnxruntime==1.32.0", "onnx==1.23.2", "numpy<2"),),
    "tensorflow 2.20": (("tensorflow-cpu==2.20.0", "numpy<2"),),
    "tensorflow 2.21": (("tensorflow-cpu==2.21.0",),),
    "jax 0.6": (("jax<0.7", "numpy<2"),),
    "torch, jax, onnxruntime": ((TORCH, "jax<0.7", "onnxruntime", "numpy<2"),),
}
NUMPY_2 = {"jax 0.10": (("jax==0.10.2",),), "torch": ((TORCH, "numpy==2.4.6"),)}
OLD_PROTOBUF = {"2.18": (("tensorflow-cpu==2.18.1",),)}
OLDER_PROTOBUF = {"2.15": (("tensorflow-cpu==2.15.1",),)}
Steps = tuple[tuple[str, ...], ...]


def _base(place: Place, steps: Steps) -> None:
    place.start_from(stock.with_frameworks(place.name, *steps))


@environment(cases=SERVING)
def framework(place: Place, steps: Steps) -> None:
    """A framework whose requirements agree with PyTriton's."""
    _base(place, steps)


@environment("numpy-too-new", cases=NUMPY_2)
def framework_with_numpy_2(place: Place, steps: Steps) -> None:
    """pip puts NumPy 2 in for the framework: PyTriton starts, and its answers are empty."""
    _base(place, steps)


@environment("package-version-conflict", cases=OLD_PROTOBUF)
def tensorflow_with_protobuf_5(place: Place, steps: Steps) -> None:
    """Its protobuf is older than tritonclient requires, and than its code was generated for."""
    _base(place, steps)


@environment("package-version-conflict", cases=OLDER_PROTOBUF)
def tensorflow_with_protobuf_4(place: Place, steps: Steps) -> None:
    """Its protobuf lacks a module that tritonclient's code imports."""
    _base(place, steps)
