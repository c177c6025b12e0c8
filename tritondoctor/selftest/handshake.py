# mypy: ignore-errors
"""More patience between the instances of a model; runs in the target.

An instance waits for the first one's socket, and PyTriton gives it 1 s: too little on a busy machine
(get_config_from_handshake_server(timeout_s=1.0) of pytriton/proxy/communication.py).  What is measured
does not depend on it.  Python 3.8 syntax.
"""

SECONDS = 30


def be_patient():
    """Wait longer in models that are bound from now on, in this process and in their stubs."""
    from pytriton.models.model import Model
    from pytriton.proxy import communication

    files_of = getattr(Model, "get_proxy_model_files", None)
    wait = getattr(communication, "get_config_from_handshake_server", None)
    if files_of is None or wait is None or wait.__defaults__ != (1.0,):
        return  # another release, or it is done
    wait.__defaults__ = (float(SECONDS),)
    short, long = b"timeout_s: float = 1.0", b"timeout_s: float = %d.0" % SECONDS

    def patient_files(model):
        return {name: content.replace(short, long) for name, content in files_of(model).items()}

    Model.get_proxy_model_files = patient_files
