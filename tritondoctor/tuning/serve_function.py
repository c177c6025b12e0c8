# mypy: ignore-errors
"""Serve the user's inference function in the target, in many configurations at once.

serve_linear.py loads this file and calls `serve`; the race's commands come to bound.py.  Python 3.8
syntax; standard library, numpy and pytriton.
"""

import os
import secrets

_HANDSHAKE_S = 30


class Served:
    """The running server, and what every configuration is bound with."""

    def __init__(self, programs, triton, function, inputs, outputs, request):
        self.programs, self.triton = programs, triton
        self.function, self.inputs, self.outputs, self.request = function, inputs, outputs, request
        self.clocks = {}
        self._objects = []

    def objects(self, count):
        """The function for so many instances; of a class, an object for each, shared by all models."""
        if not isinstance(self.function, type):
            return [self.function] * count
        while len(self._objects) < count:
            self._objects.append(self.function())
        return self._objects[:count]


def serve(programs, doctor, request):
    """Load the user's file, start the server, and do what the doctor asks until it is gone."""
    users_file = programs.load("../tuning/users_file")
    samples = programs.load("../tuning/samples")
    from pytriton.triton import Triton

    doctor.send("imported")
    try:
        module = users_file.load(request["file"])
        function = users_file.function(module, request["function"], request["file"])
        inputs, outputs = users_file.tensors(module, request["file"], request["function"], request)
        described = users_file.named(inputs, "INPUT")
        rows = samples.rows(described, request["data"])
        threads = programs.load("../tuning/thread_counts")
        if request["threads"] and not threads.known():
            raise users_file.Refused("no-threads")
    except (users_file.Refused, samples.Unfit) as refused:
        doctor.send("refused", kind=refused.kind, fields=refused.fields)
        return
    doctor.send(
        "loaded", inputs=described, outputs=users_file.named(outputs, "OUTPUT"),
        bodies=[samples.body(row) for row in rows], samples=[samples.as_json(row) for row in rows],
    )  # fmt: skip
    programs.announce_end_of_server(doctor)
    token = secrets.token_hex(16)
    _be_patient()
    config = programs.settings(request)
    config.strict_readiness = False  # else nothing is bound any more once one configuration did not load
    triton = Triton(config=config, **_security(token))
    doctor.send("made", shared_memory=programs.shared_memory_prefix(triton))
    with triton:
        doctor.send("server")
        triton.run()
        served = Served(programs, triton, function, inputs, outputs, request)
        served.threads = threads
        served.described = users_file.named(outputs, "OUTPUT")
        doctor.send("ready", endpoints=programs.endpoints(triton), token=token, pid=os.getpid())
        programs.follow_commands(doctor, served)


def _security(token):
    """Statistics are behind a token from 0.6 on; perf_analyzer asks for them."""
    try:
        from pytriton.triton import TritonSecurityConfig
    except ImportError:
        return {}
    return {"security_config": TritonSecurityConfig(access_token=token)}


def _be_patient():
    """Instances wait longer for the first one's socket: PyTriton gives it 1 s, too little here and there.

    get_config_from_handshake_server(timeout_s=1.0) of pytriton/proxy/communication.py, in the stub too.
    """
    from pytriton.models.model import Model
    from pytriton.proxy import communication

    files_of = getattr(Model, "get_proxy_model_files", None)
    wait = getattr(communication, "get_config_from_handshake_server", None)
    if files_of is None or wait is None or wait.__defaults__ != (1.0,):
        return  # another release, which waits in its own way
    wait.__defaults__ = (_HANDSHAKE_S,)

    def patient_files(model):
        short, long = b"timeout_s: float = 1.0", b"timeout_s: float = %d" % _HANDSHAKE_S
        return {name: content.replace(short, long) for name, content in files_of(model).items()}

    Model.get_proxy_model_files = patient_files
