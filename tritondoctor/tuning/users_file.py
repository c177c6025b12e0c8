# mypy: ignore-errors
"""The user's file: its inference function and its tensors; runs in the target.

Python 3.8 syntax; standard library, numpy and pytriton.
"""

import ast
import difflib
import importlib.util
import os
import sys
import traceback


class NotTunable(Exception):  # noqa: N818
    """The file cannot be tuned as it is: `kind` says why, `fields` fill in the sentence."""

    def __init__(self, kind, **fields):
        super().__init__(kind)
        self.kind, self.fields = kind, fields


class _StartsServer(BaseException):
    """No `except Exception` of the user's file may hide it."""


def load(path):
    """Import the file as a module, as if it lay first on sys.path.  Raises NotTunable."""
    from pytriton.triton import Triton

    def refuse(*_arguments, **_options):
        raise _StartsServer

    name = os.path.splitext(os.path.basename(path))[0]
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location(name if name not in sys.modules else f"_{name}", path)
    if spec is None:
        raise NotTunable("no-python", path=path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    starts, Triton.__init__ = Triton.__init__, refuse
    try:
        spec.loader.exec_module(module)
    except _StartsServer:
        raise NotTunable("starts-server", path=path) from None
    except BaseException as failure:
        traceback.print_exc()
        raise NotTunable(
            "import-fails", path=path, why=reason(failure), line=_line(failure, path)
        ) from None
    finally:
        Triton.__init__ = starts
    return module


def reason(failure):
    """A failure in one line."""
    text = " ".join(str(failure).split())[:300]
    return f"{type(failure).__name__}: {text}" if text else type(failure).__name__


def _line(failure, path):
    """The line of the file at which it failed; "" where none of its lines is known."""
    if isinstance(failure, SyntaxError):
        return ""  # it says so itself
    frames = traceback.extract_tb(failure.__traceback__)
    return next((str(frame.lineno) for frame in reversed(frames) if frame.filename == path), "")


def function(module, name, path):
    """The function, by its dotted name.  Raises NotTunable."""
    found = module
    for part in name.split("."):
        if not hasattr(found, part):
            names = [known for known, value in vars(module).items() if _is_own(value, module)]
            close = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:6]
            raise NotTunable("no-function", path=path, name=name, names=", ".join(close))
        found = getattr(found, part)
    if not callable(found):
        raise NotTunable("no-callable", path=path, name=name, type=type(found).__name__)
    return found


def _is_own(value, module):
    return callable(value) and getattr(value, "__module__", None) == module.__name__


def tensors(module, path, name, given):
    """Inputs and outputs as lists of Tensor: of the options, INPUTS and OUTPUTS, or the file's bind(...).

    Raises NotTunable.
    """
    called = _of_bind(module, path, name)
    found = [
        _of_option(given[which]) or getattr(module, which.upper(), None) or called.get(which)
        for which in ("inputs", "outputs")
    ]
    for which, tensors in zip(("inputs", "outputs"), found):
        if not tensors:
            raise NotTunable(f"no-{which}", path=path, name=name)
        _require_tensors(which, tensors, path)
    return list(found[0]), list(found[1])


def _of_option(descriptions):
    """[name, dtype, shape] -> Tensor; dtype as numpy names it."""
    import numpy as np
    from pytriton.model_config import Tensor

    return [
        Tensor(name=name, dtype=bytes if dtype == "bytes" else np.dtype(dtype), shape=tuple(shape))
        for name, dtype, shape in descriptions
    ]


def _require_tensors(which, tensors, path):
    from pytriton.model_config import Tensor

    listed = isinstance(tensors, (list, tuple)) and all(isinstance(item, Tensor) for item in tensors)
    if not listed:
        raise NotTunable("no-tensors", path=path, which=which.upper())


def _of_bind(module, path, name):
    """Evaluate `inputs=` and `outputs=` of the file's bind(...) of that function, where they can be."""
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    found = {}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "bind":
            options = {option.arg: option.value for option in call.keywords}
            if any(
                getattr(node, "id", getattr(node, "attr", "")) == name.split(".")[-1]
                for node in ast.walk(options.get("infer_func", call.func))
            ):
                for which in ("inputs", "outputs"):
                    found.setdefault(which, _value(options.get(which), module, path))
    return found


def _value(node, module, path):
    if node is None:
        return None
    try:
        return eval(compile(ast.Expression(node), path, "eval"), dict(vars(module)))
    except Exception:  # it needs what only the user's own start makes: the options must say it
        return None


def named(tensors, prefix):
    """[name, dtype, shape, optional] of each; the names that PyTriton gives to those without."""
    from tritonclient.utils import np_to_triton_dtype

    return [
        [
            tensor.name or f"{prefix}_{number}",
            "BYTES" if tensor.dtype is bytes else np_to_triton_dtype(tensor.dtype),
            [int(size) for size in tensor.shape],
            bool(getattr(tensor, "optional", False)),
        ]
        for number, tensor in enumerate(tensors, 1)
    ]
