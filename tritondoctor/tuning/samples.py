# mypy: ignore-errors
"""Requests of one row each, from a file of the user's or made up; runs in the target.

Python 3.8 syntax; standard library, numpy and tritonclient.
"""

import base64
import json

import numpy as np

#: so many different rows; fewer where they are large
MOST, MOST_BYTES = 16, 1 << 23
#: a dimension that may have any size gets this one
ANY_SIZE = 8


class NotSendable(Exception):  # noqa: N818
    """The data do not fit the inputs: `kind` says why, `fields` fill in the sentence."""

    def __init__(self, kind, **fields):
        super().__init__(kind)
        self.kind, self.fields = kind, fields


def rows(inputs, data):
    """A list of name -> array with a first axis of 1.  `data`: the path of an .npz, or None."""
    made = _of_file(inputs, data) if data else _made(inputs)
    size = sum(array.nbytes for array in made[0].values()) or 1
    return made[: max(1, min(MOST, MOST_BYTES // size))]


def _made(inputs):
    chance = np.random.RandomState(7)
    return [
        {name: _array(chance, dtype, [1, *_concrete(shape)]) for name, dtype, shape, _ in inputs}
        for _ in range(MOST)
    ]


def _concrete(shape):
    return [ANY_SIZE if size < 0 else size for size in shape]


def _array(chance, dtype, shape):
    """Small numbers: 0 and 1 are valid indices of almost every table."""
    if dtype == "BYTES":
        return np.full(shape, b"some text", dtype=object)
    if dtype == "BOOL":
        return chance.randint(0, 2, shape).astype(bool)
    kind = _numpy(dtype)
    if np.issubdtype(kind, np.floating):
        return chance.uniform(-1, 1, shape).astype(kind)
    return chance.randint(0, 2, shape).astype(kind)


def _numpy(dtype):
    from tritonclient.utils import triton_to_np_dtype

    return triton_to_np_dtype(dtype)


def _of_file(inputs, path):
    try:
        stored = np.load(path, allow_pickle=False)
    except Exception as failure:
        raise NotSendable("data-unreadable", path=path, why=str(failure)[:200]) from None
    if not hasattr(stored, "files"):
        raise NotSendable("data-unreadable", path=path, why="it is no .npz of several arrays")
    arrays = {}
    for name, dtype, shape, optional in inputs:
        if name not in stored.files:
            if optional:
                continue
            raise NotSendable("data-lacks", path=path, name=name, names=", ".join(stored.files))
        arrays[name] = _fitting(path, name, dtype, shape, stored[name])
    count = min(len(array) for array in arrays.values())
    if not count:
        raise NotSendable("data-unreadable", path=path, why="it has no rows")
    return [
        {name: array[at : at + 1] for name, array in arrays.items()} for at in range(min(count, MOST))
    ]


def _fitting(path, name, dtype, shape, array):
    """Its first axis counts the rows, the others are the tensor's."""
    fits = len(array.shape) == len(shape) + 1 and all(
        wanted in (-1, size) for wanted, size in zip(shape, array.shape[1:])
    )
    if not fits:
        raise NotSendable(
            "data-shape", path=path, name=name, got=str(tuple(array.shape)),
            wanted=str(("rows", *shape)).replace("'", ""),
        )  # fmt: skip
    if dtype == "BYTES":
        return (
            np.char.encode(array.astype(str)).astype(object)
            if array.dtype.kind != "S"
            else array.astype(object)
        )
    return array.astype(_numpy(dtype))


def body(row):
    """A request in Triton's binary form (the extension `binary_tensor_data`): its headers and bytes."""
    from tritonclient.utils import np_to_triton_dtype

    heads, contents = [], []
    for name, array in row.items():
        content = _content(array)
        contents.append(content)
        heads.append({
            "name": name, "shape": list(array.shape),
            "datatype": "BYTES" if array.dtype == object else np_to_triton_dtype(array.dtype),
            "parameters": {"binary_data_size": len(content)},
        })  # fmt: skip
    head = json.dumps({"inputs": heads, "parameters": {"binary_data_output": True}}).encode()
    headers = {
        "Content-Type": "application/octet-stream",
        "Inference-Header-Content-Length": str(len(head)),
    }
    return {"headers": headers, "body": base64.b64encode(b"".join([head, *contents])).decode()}


def _content(array):
    if array.dtype == object:
        parts = (len(item).to_bytes(4, "little") + item for item in array.reshape(-1))
        return b"".join(parts)
    return np.ascontiguousarray(array).tobytes()


def as_json(row):
    """A row as the input file of perf_analyzer has it."""
    return {
        name: [
            item.decode("utf-8", "replace") if isinstance(item, bytes) else item
            for item in array.reshape(-1).tolist()
        ]
        for name, array in row.items()
    }
