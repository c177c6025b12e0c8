"""Faults of the model that is served, and of its clients, where only a log shows them."""

from __future__ import annotations

from tritondoctor.checks.only_in_logs import in_logs

GENERATOR_NOT_DECOUPLED = in_logs(
    "generator-not-decoupled",
    title="An inference function yields several answers, but its model is not decoupled",
    explanation="Without `decoupled=True` a request may be answered once. PyTriton fails at the second "
    "answer; this request and all later ones of the instance hang, while the server says that it is "
    "ready.",
    means="An inference function is a generator that yields more than once, bound without "
    "ModelConfig(decoupled=True).",
    verified="PyTriton 0.7.0 with such a generator, really started.",
    by_hand="Bind it with config=ModelConfig(decoupled=True) and use DecoupledModelClient, or return one "
    "answer. Start the server again: the instance does not recover.",
)
HANDSHAKE_TIMED_OUT = in_logs(
    "handshake-timed-out",
    title="The model waited 1 s for PyTriton's own process, in vain",
    explanation="PyTriton gives the stub one second to fetch its configuration through {path}. On a busy "
    "machine, or with several instances, that can be too short.",
    means="Each instance fetches its configuration from the Python process over a socket in the "
    "workspace; the second (get_config_from_handshake_server) is fixed in PyTriton.",
    verified="1 of 36 starts with two instances at a load average of 12; also pytriton#109.",
    by_hand="Start again. If it happens often: fewer instances, fewer programs at the same time, or "
    "import heavy packages before Triton() instead of in the inference function.",
)
MODEL_BOUND_TWICE = in_logs(
    "model-bound-twice",
    title="A model of this name is already served",
    explanation="The second one needs the same socket in the workspace ({path}), which the first one "
    "holds; the first goes on.",
    means="A name was bound twice, also with another model_version, or a served model was loaded again "
    "through the repository API.",
    verified="PyTriton 0.7.0 with model_version=2 of a served name, really started.",
    by_hand="Bind it under another name, or exchange the object that the inference function uses.",
)
CLIENT_SHARED_BY_STREAMS = in_logs(
    "client-shared-by-streams",
    title="A DecoupledModelClient is used for a second request before the first stream was read to its "
    "end",
    explanation="One client object holds one stream. If reading stops early, later answers of the first "
    "request arrive as answers of the next: they are mixed without an error.",
    means="Two requests share one client object: two threads, or an iterator that was not exhausted.",
    verified="PyTriton 0.7.0: of two requests with one client the answers of the second were "
    "3, 4, 5, 6, 7, 8, 0, 9, 1, ….",
    by_hand="Use one DecoupledModelClient for each stream, and close it before the next one.",
)
MODEL_FILE_MISSING = in_logs(
    "model-file-missing",
    title="Triton does not find the model's code: {file}",
    explanation="The Python backend imports the file model.py of the model's version folder, and it is "
    "not there, or cannot be read.",
    means="A model repository without <model>/<version>/model.py, with another name for it, or one whose "
    "files came after the server had looked. PyTriton writes this file itself.",
    verified="Reported in server#7410 and server#3237; not reproduced with PyTriton.",
    by_hand="Put the code at <repository>/<model>/<version>/model.py, readable for the server's user. "
    "It is no package: pip cannot install it.",
)
MODEL_RAISES = in_logs(
    "model-raises",
    title="The model's code fails while it is loaded: {said}",
    explanation="The stub runs the model's code, which raised this exception; nothing else in the log "
    "explains it.",
    means="An exception of the model's own code, or of a package that it uses.",
    verified="Reported in stable-diffusion-tritonserver#2; not reproduced here.",
    by_hand="Run the same code in the same Python without Triton; the lines after `At:` name the place.",
)
SERVER_NAME_UNRESOLVED = in_logs(
    "server-name-unresolved",
    title="The client cannot resolve the server's name",
    explanation="The name {name} has no address where the client runs; no request was sent.",
    means="A typing error in the URL, a name that only a container's or a cluster's network knows, or a "
    "URL with https:// where gRPC wants host:port.",
    verified="ModelClient with a name that does not exist; also server#5543.",
    by_hand="Try `getent hosts NAME` there. For gRPC give host:port, without https://.",
)
OUT_OF_GPU_MEMORY = in_logs(
    "out-of-gpu-memory",
    title="The model does not fit into the GPU's memory",
    explanation="CUDA could not allocate memory; the request or the load fails, the server goes on.",
    means="The model, its instances and other programs need more memory than the card has free.",
    verified="The words are those of torch and of CUDA; not reproduced here.",
    by_hand="nvidia-smi shows who uses it. Use fewer instances, smaller batches or a smaller type; stop "
    "other programs; `tritondoctor check` tells how much is free.",
)

RULES = (
    GENERATOR_NOT_DECOUPLED, HANDSHAKE_TIMED_OUT, MODEL_BOUND_TWICE, CLIENT_SHARED_BY_STREAMS,
    MODEL_FILE_MISSING, MODEL_RAISES, SERVER_NAME_UNRESOLVED, OUT_OF_GPU_MEMORY,
)  # fmt: skip
