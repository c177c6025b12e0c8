# mypy: ignore-errors
"""The commands of a race, in the target: bind a configuration, read the function's own time.

serve_linear.py calls these functions with what serve_function.py has made.  Python 3.8 syntax.
"""

import inspect
import threading
import time
import traceback

#: PyTriton waits 1 s for the first instance's socket: on a busy machine a second try helps
_TRIES = 2


class Clock:
    """How long the function itself took, and how often it was called, since the last reading."""

    def __init__(self):
        self._lock = threading.Lock()
        self._calls, self._seconds = 0, 0.0
        self.checked = False

    def add(self, seconds):
        with self._lock:
            self._calls += 1
            self._seconds += seconds

    def read(self):
        with self._lock:
            taken = {"calls": self._calls, "seconds": self._seconds}
            self._calls, self._seconds = 0, 0.0
        return taken


def bind(served, name, max_batch_size, delay_us, instances):
    """Bind the function once more.  `problem` says why that failed, or is ""."""
    from pytriton.model_config import DynamicBatcher, ModelConfig

    clock = served.clocks[name] = Clock()
    config = ModelConfig(
        max_batch_size=max_batch_size,
        batcher=DynamicBatcher(max_queue_delay_microseconds=delay_us),
    )
    for attempt in range(_TRIES):
        try:
            served.triton.bind(
                model_name=f"{name}v{attempt}" if attempt else name,
                infer_func=[_timed(served, function, clock) for function in served.objects(instances)],
                inputs=served.inputs, outputs=served.outputs, config=config,
            )  # fmt: skip
            return {"model": f"{name}v{attempt}" if attempt else name, "problem": ""}
        except Exception as failure:
            traceback.print_exc()
            problem = f"{type(failure).__name__}: {failure}"
    return {"model": name, "problem": problem}


def _timed(served, function, clock):
    """The function, timed; its decorators still find PyTriton's context, which wrapt hands through."""
    import wrapt

    plain = inspect.isfunction(function) or inspect.ismethod(function)
    call = function if plain else type(function).__call__
    asks = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
    if any(ask(call) for ask in asks):
        return function

    @wrapt.decorator
    def timed(wrapped, instance, args, kwargs):
        served.threads.apply()
        began = time.perf_counter()
        answers = wrapped(*args, **kwargs)
        clock.add(time.perf_counter() - began)
        if not clock.checked:
            _check(answers, served.described)
            clock.checked = True
        return answers

    return timed(function)


def _check(answers, outputs):
    """Raise ValueError where the first answer does not have the outputs' names, types and shapes."""
    if not isinstance(answers, (list, tuple)):
        return  # a generator, which PyTriton judges
    for answer in answers:
        for name, dtype, shape, _ in outputs:
            if name not in answer:
                raise ValueError(f"output {name} is missing: the answer has {', '.join(answer)}")
            got = list(answer[name].shape[1:])
            if len(got) != len(shape) or any(size not in (-1, real) for size, real in zip(shape, got)):
                raise ValueError(f"output {name} has shape {tuple(got)}, not {tuple(shape)}")
            kind = _triton_name(answer[name].dtype)
            if kind != dtype:
                raise ValueError(f"output {name} has type {kind}, not {dtype}")


def _triton_name(dtype):
    from tritonclient.utils import np_to_triton_dtype

    return "BYTES" if dtype.kind in "OSU" else np_to_triton_dtype(dtype)


def times(served, name):
    """Calls of the function and their seconds since the last time."""
    return served.clocks[name].read()


def threads(served, count):
    """Set the threads of the framework from the next call on."""
    served.threads.wanted = count
    return {}
