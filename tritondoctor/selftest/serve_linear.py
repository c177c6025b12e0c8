# mypy: ignore-errors
"""Serve Linear in the target, and report to the doctor in lines of JSON.

    python -u -c '<reads and runs this file>' FILE COMMANDS MESSAGES

The target's interpreter runs this file.  COMMANDS and MESSAGES are descriptors for commands and messages;
what libraries print cannot disturb them.  Python 3.8 syntax; standard library, numpy and pytriton;
imports nothing of tritondoctor but the files beside it, by path.  A request with `serve` is served by
that file instead.
"""

import json
import os
import sys
import threading
import time
import traceback
import types


class Doctor:
    """The other end: `send` a message, wait for the `next_command` (None once the doctor is gone)."""

    def __init__(self, commands, messages):
        for descriptor in (commands, messages):
            os.set_inheritable(descriptor, False)
        self._commands = os.fdopen(commands, encoding="utf-8")
        self._messages = messages
        self._lock = threading.RLock()

    def send(self, event, **fields):
        line = json.dumps(dict(fields, event=event)) + "\n"
        with self._lock:
            data = line.encode()
            while data:
                data = data[os.write(self._messages, data) :]

    def next_command(self):
        line = self._commands.readline()
        return json.loads(line) if line else None


def announce_folders(doctor):
    """Announce each temporary folder before it is made, so that it can be removed whatever happens."""

    def hook(event, arguments):
        if event == "tempfile.mkdtemp":
            doctor.send("makes", folder=os.path.abspath(os.fsdecode(arguments[0])))
        elif event == "os.mkdir":
            path = os.path.abspath(os.fsdecode(arguments[0]))
            if not path.endswith("__pycache__") and not os.path.lexists(path):
                doctor.send("makes-parent", folder=path)

    sys.addaudithook(hook)


def load(name):
    """Import a module beside this file, under a name that nothing else has."""
    import importlib.util

    path = os.path.normpath(os.path.join(os.path.dirname(FILE), name + ".py"))
    spec = importlib.util.spec_from_file_location("tritondoctor_selftest_" + os.path.basename(name), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def settings(request):
    """Return PyTriton's configuration: the doctor's ports; variables set the rest."""
    from pytriton.triton import TritonConfig

    return TritonConfig(**{name + "_port": port for name, port in request["ports"].items()})


def endpoints(triton):
    """Return the endpoints as PyTriton configured them: name -> [host, port]."""
    config = triton._config
    found = {}
    for name, default in (("http", 8000), ("grpc", 8001), ("metrics", 8002)):
        if getattr(config, "allow_" + name) in (True, None):
            address = getattr(config, name + "_address", None)
            if name == "metrics":
                address = address or config.http_address
            if address in (None, "", "0.0.0.0"):
                address = "127.0.0.1"
            found[name] = [address, getattr(config, name + "_port") or default]
    return found


def shared_memory_prefix(triton):
    """Return the prefix of the server's segments; "" in older releases, which have none."""
    try:
        return triton._python_backend_config["shm-region-prefix-name"] or ""
    except (AttributeError, KeyError):
        return ""


def announce_end_of_server(doctor):
    """Announce that tritonserver has ended, and how: PyTriton tells it to its debug log only."""
    try:
        from pytriton.server.triton_server import TritonServer

        handle = TritonServer._handle_exit
    except (ImportError, AttributeError):
        return  # an older release

    def announce(server, command, success, exit_code):
        doctor.send("server-ended", status=exit_code)
        return handle(server, command, success, exit_code)

    TritonServer._handle_exit = announce


def bind_linear(triton, model):
    import numpy as np
    from pytriton.decorators import batch
    from pytriton.model_config import ModelConfig, Tensor

    @batch
    def infer_fn(**inputs):
        (rows,) = inputs.values()
        return [model(rows)]

    triton.bind(
        model_name="Linear",
        infer_func=infer_fn,
        inputs=[Tensor(dtype=np.float32, shape=(-1,))],
        outputs=[Tensor(dtype=np.float32, shape=(-1,))],
        config=ModelConfig(max_batch_size=128),
    )


def ask(doctor, protocol, place, rows):
    """Send a batch through ModelClient, and report the answer or the failure."""
    import numpy as np
    from pytriton.client import ModelClient

    url = f"{protocol}://{place[0]}:{place[1]}"
    began = time.monotonic()
    # else gRPC would go through a proxy
    os.environ.setdefault("no_grpc_proxy", "127.0.0.1,localhost")
    try:
        with ModelClient(url, "Linear", init_timeout_s=20) as client:
            answer = client.infer_batch(np.array(rows, dtype=np.float32))
        (output,) = answer.values()
        doctor.send("answer", name=protocol, output=output.tolist(),
                    seconds=time.monotonic() - began)  # fmt: skip
    except Exception as failure:
        traceback.print_exc()
        doctor.send("answer", name=protocol, error=f"{type(failure).__name__}: {failure}",
                    seconds=time.monotonic() - began)  # fmt: skip


class Served:
    """What a later stage works with: the running server, Linear's model, the endpoints, the ensembles."""

    def __init__(self, triton, model, endpoints, pipes):
        self.triton, self.model, self.endpoints, self.pipes = triton, model, endpoints, pipes
        self.load = load


def follow_commands(doctor, served):
    """Call the function of a stage's module that each command names, until the doctor is gone."""
    modules = {}
    while True:
        command = doctor.next_command()
        if command is None:
            return
        name = command["stage"]
        if name not in modules:
            modules[name] = load(name)
        doctor.send("done", **getattr(modules[name], command["do"])(served, *command["arguments"]))


def serve(doctor, request):
    from pytriton.triton import Triton

    doctor.send("imported")
    model, device = load("on_device").linear(
        request["device"], request["framework"], request["weights"], request["bias"]
    )
    doctor.send("device", **device)
    announce_end_of_server(doctor)
    pipes = load("ensemble_models").Pipes(big=request["bench"]) if request["ensemble"] else None
    triton = Triton(config=settings(request), **(pipes.options() if pipes else {}))
    doctor.send("made", shared_memory=shared_memory_prefix(triton))
    with triton:
        doctor.send("server")
        bind_linear(triton, model)
        if pipes:
            pipes.bind(triton)
        triton.run()
        places = endpoints(triton)
        doctor.send("ready", endpoints=places)
        for protocol in ("http", "grpc"):
            if protocol in places:
                ask(doctor, protocol, places[protocol], request["rows"])
        doctor.send("answered", proof=model.proof(), pid=os.getpid())
        follow_commands(doctor, Served(triton, model, places, pipes))


def main():
    doctor = Doctor(int(sys.argv[2]), int(sys.argv[3]))
    request = doctor.next_command()
    if request is None:
        return
    announce_folders(doctor)
    try:
        if "serve" in request:
            load(request["serve"]).serve(types.SimpleNamespace(**globals()), doctor, request)
        else:
            serve(doctor, request)
    except BaseException as failure:
        if not hasattr(failure, "finding"):
            traceback.print_exc()
        doctor.send("failed", type=type(failure).__name__, text=str(failure),
                    id=getattr(failure, "finding", ""))  # fmt: skip
        sys.stdout.flush()
        raise SystemExit(1) from None


FILE = sys.argv[1]
main()
