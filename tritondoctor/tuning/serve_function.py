# mypy: ignore-errors
"""Serve the user's inference function in the target, in many configurations at once.

serve_linear.py loads this file and calls `serve`; the race's commands come to bound.py.  Python 3.8
syntax; standard library, numpy and pytriton.
"""

import os
import secrets


class ServedFunction:
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
            raise users_file.NotTunable("no-threads")
    except (users_file.NotTunable, samples.NotSendable) as refused:
        doctor.send("refused", kind=refused.kind, fields=refused.fields)
        return
    doctor.send(
        "loaded", inputs=described, outputs=users_file.named(outputs, "OUTPUT"),
        bodies=[samples.body(row) for row in rows], samples=[samples.as_json(row) for row in rows],
    )  # fmt: skip
    programs.announce_end_of_server(doctor)
    token = secrets.token_hex(16)
    programs.load("handshake").be_patient()
    config = programs.settings(request)
    config.strict_readiness = False  # else nothing is bound any more once one configuration did not load
    triton = Triton(config=config, **_security(token))
    doctor.send("made", shared_memory=programs.shared_memory_prefix(triton))
    with triton:
        doctor.send("server")
        triton.run()
        served = ServedFunction(programs, triton, function, inputs, outputs, request)
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
