"""The model that is served, and its clients."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, effect
from tritondoctor.support.messages import mark

_LOAD = (
    r"(?:Failed to (?:pre)?initialize Python stub(?: for auto-complete)?|failed to load '[^']+'|"
    r"UNAVAILABLE(?: state)?: (?:Internal|Invalid argument|Not found|Unsupported|Unavailable))"
)
_SHARED = "another stream of the same client"

SIGNS = (
    cause(
        "generator-not-decoupled", r"assert triton_responses_or_error is None|"
        r"_handle_responses\(\).*exception=AssertionError",
        "future: <Task finished name='handle_responses-00000001' "
        "coro=<RequestsServer._handle_responses() "
        "done, defined at /tmp/folderDX7ZJ6/1/communication.py:264> exception=AssertionError()>",
        source="PyTriton 0.7.0 with a generator that yields three times", plain=True,
        needles=(b"triton_responses_or_error", b"_handle_responses"),
    ),
    cause(
        "handshake-timed-out", r"Timeout occurred while waiting for config file (?P<path>/[^\s\\\"]+)",
        "TimeoutError: Timeout occurred while waiting for config file /home/ana/.cache/pytriton/"
        "workspace_8ps3bwgg/Linear-config.sock",
        source="pytriton#109, and 1 of 36 starts with two instances on a busy machine", plain=True,
        needles=(b"waiting for config file",),
    ),
    cause(
        "model-bound-twice", r"Cannot add model with the same name twice",
        "pytriton.exceptions.PyTritonInvalidOperationError: Cannot add model with the same name twice.",
        source="PyTriton 0.7.0 with one name bound twice", plain=True, path="<name>-data.sock",
        needles=(b"same name twice",),
    ),
    cause(
        "model-bound-twice",
        r"(?:/data\.py\"?, line \d+, in _run_server|BlocksStoreManager).*Address already in use",
        'File "/tmp/folderPVWyUV/2/data.py", line 393, in _run_server\\n    '
        'super()._run_server(\\nOSError: '
        "[Errno 98] Address already in use",
        source="PyTriton 0.7.0 with model_version=2 of a served name",
        plain=True, whole=True, path="<name>-data.sock", needles=(b"already in use",),
    ),
    cause(
        "port-in-use",
        r"\[Errno (?:98|48)\] error while attempting to bind on address \('[^']*', (?P<number>\d+)",
        "ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address "
        "already in use", source="uvicorn's own text (server.py); also uvicorn#435",
        name=mark("of the program itself"), why=mark("another program has it"),
        fix="Stop the program that has it (`ss -ltnp` shows it), or choose another port.",
        needles=(b"bind on address",),
    ),
    cause(
        "port-in-use",
        r"^(?:OSError: )?\[(?:Errno (?:98|48)\] .*(?i:address already in use)|WinError 10048\])",
        "OSError: [Errno 98] Address already in use",
        source="Python's socket module; also uvicorn#435",
        number="?", name=mark("this line does not say which"), why=mark("another program has it"),
        others=("model-bound-twice",), needles=(b"already in use", b"WinError 10048"),
    ),
    cause(
        "port-in-use",
        r"\"?os_error\"?:\"Address already in use\"|No address added out of total \d+ resolved",
        'E1020 09:26:44.299467934 4160 server_chttp2.c:38] {"description":"No address added out of total '
        '1 resolved","referenced_errors":[{"errno":98,"os_error":"Address already in use",'
        '"syscall":"bind"}]}', source="grpc#27077; also tensorrtllm_backend#275",
        number="?", name=mark("this line does not say which"), weak=True,
        why=mark("another program has it, or the address is not this machine's"),
        needles=(b"already in use", b"No address added"),
    ),
    cause(
        "port-in-use", r"^RuntimeError: Failed to bind to address \S*:(?P<number>\d+);",
        "RuntimeError: Failed to bind to address [::]:50051; set GRPC_VERBOSITY=debug environment "
        "variable to see detailed error message.", source="grpc.io#738",
        name=mark("of the program itself"),
        why=mark("another program has it, or the address is not this machine's"),
        fix="Stop the program that has it (`ss -ltnp` shows it), or choose another port.",
        needles=(b"Failed to bind",),
    ),
    cause(
        "client-shared-by-streams", r"Inference is already in progress|is sti\w+ streaming answers",
        "pytriton.client.exceptions.PyTritonClientInferenceServerError: Inference is already in progress",
        source="PyTriton 0.7.0, a second request before the first stream ended", plain=True,
        needles=(b"already in progress", b"streaming answers"),
    ),
    cause(
        "model-file-missing", r"No module named '(?P<file>model)'(?!\.)",
        "| dummy | 1       | UNAVAILABLE: Internal: ModuleNotFoundError: No module named 'model' |",
        source="server#7410", ends=True, needles=(b"No module",),
    ),
    cause(
        "model-file-missing",
        r"(?:No such file or directory: |Python model file not found in )'(?P<file>[^']*/model\.py)'",
        "FileNotFoundError: [Errno 2] No such file or directory: '/tmp/folder31uWBi/1/model.py'",
        source="server#3237", plain=True, ends=True, needles=(b"model.py",),
    ),
    cause(
        "server-name-unresolved",
        r"DNS resolution failed for (?:service:? )?(?P<name>[^\s,;:]+(?:://\S+)?)",
        "tritonclient.utils.InferenceServerException: [StatusCode.UNAVAILABLE] DNS resolution failed for "
        "service https://my-route.example.com", source="server#5543", plain=True, needles=(b"DNS",),
    ),
    cause(
        "server-name-unresolved", r"Name resolution failure",
        "tensorrtserver.api.InferenceServerException: [ 0] GRPC client failed: 14: Name resolution "
        "failure",
        source="TensorRT-Inference-Server-Tutorial#11", plain=True, name="of the server",
        needles=(b"resolution",),
    ),
    cause(
        "out-of-gpu-memory",
        r"CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|(?i:CUDA (?:runtime "
        r"|driver )?error\b[^\"]{0,80}: out of memory)|OOM when allocating tensor\b.*device:GPU",
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB",
        source="torch's own text; also fastertransformer_backend#157, tensorrtllm_backend#281, "
        "KerasToTensorRT#2",
        needles=(b"out of memory", b"OUT_OF_MEMORY", b"MemoryAllocation", b"OOM when"),
    ),
    effect(
        r"Timed? ?out occur\w+ while waiting for the stub process",
        "E1015 17:29:25.813655 213 model_repository_manager.cc:1215] failed to load 'm' version 1: "
        "Internal: Timed out occurred while waiting for the stub process. Failed to initialize model "
        "instance m_0",
        "The stub started, but did not report in time: an import or a download in the model's code takes "
        "long, or waits for ever.", source="server#3475", ends=True, needles=(b"stub process",),
    ),
)  # fmt: skip

#: what remains of a line that says that a model did not load: the exception itself
UNKNOWN = (
    cause(
        "model-raises",
        _LOAD + r".*?\b(?P<said>(?:\w+\.)*[A-Z]\w*(?:Error|Exception): (?!Model initialize error)"
        r"[^\\\"|]{3,300})",
        "1028 08:21:03.012132 581 pb_stub.cc:309] Failed to initialize Python stub: AttributeError: "
        "'LMSDiscreteScheduler' object has no attribute 'set_format'",
        source="stable-diffusion-tritonserver#2", ends=True, weak=True,
        needles=(b"ailed", b"UNAVAILABLE"),
    ),
)  # fmt: skip
