"""tritonserver, and its Python backend before the stub runs."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, effect
from tritondoctor.support.messages import mark

_LOAD = "E1125 10:29:03.401293 4 model_lifecycle.cc:642] \"failed to load 'Linear' version 1: Internal: "
_SEGMENT = "pytrtion30580-e6cba8f181b9c24e-1ecc-41b5-9589-cb972b22c114"
_REPOSITORY = mark("The model repository (--model-repository, PYTRITON_TRITON_CONFIG_MODEL_REPOSITORY)")
_TRY_SIZE = "If you are running Triton inside docker, use '--shm-size' flag"

SIGNS = (
    cause(
        "bash-missing", r"Failed to run python backend stub\. Errno = 2\b",
        "Failed to run python backend stub. Errno = 2", ends=True, needles=(b"ailed",),
    ),
    cause(
        "setting-invalid", r"Unable to create secure server with credentials of type Ssl",
        "E1129 11:48:53.926194922    2970 chttp2_server.cc:1060]                UNKNOWN:Unable to create "
        "secure server with credentials of type Ssl "
        '{created_time:"2026-11-29T11:48:53.926136545+00:00"}', plain=True, ends=True,
        variable="grpc_server_cert or grpc_server_key", source="TritonConfig with files that are not "
        "there",
        why="gRPC cannot read the certificate or the key. (tritonserver then says that the port is in "
        "use.)",
        needles=(b"credentials of type",),
    ),
    cause(
        "port-in-use",
        r"failed to start (?P<name>HTTP|Metrics|GRPC) service: .*Socket '\S*:(?P<number>\d+)' "
        r"(?P<why>already in use)",
        'E1122 18:59:56.012540 854 main.cc:257] "failed to start HTTP service: Unavailable - Socket '
        "'0.0.0.0:28086' already in use \"", ends=True, others=("setting-invalid",),
        source="a busy port, or an IPv6 address; also pytriton#1", needles=(b"ailed",),
    ),
    cause(
        "port-in-use", r"Socket '\S*:(?P<number>\d+)' (?P<why>already in use)",
        "error: Unavailable - Socket '0.0.0.0:8001' already in use", ends=True, name="tritonserver",
        source="pytriton#1, cut short", needles=(b"already in use",),
    ),
    cause(
        "port-in-use", r"No address added out of total \d+ resolved for '\S*:(?P<number>\d+)'",
        "E0000 00:00:1732301996.012540  854 chttp2_server.cc:1049] UNKNOWN:No address added out of "
        "total 1 resolved for '0.0.0.0:28091'", ends=True, name="GRPC", why="already in use",
        source="tensorrtllm_backend#243", needles=(b"No address",),
    ),
    cause(
        "port-in-use",
        r"cannot listen to (?P<name>\w+) requests and \w+ requests at the same address and port "
        r"\S*:(?P<number>\d+)",
        "The server cannot listen to HTTP requests and SageMaker requests at the same address and port "
        "0.0.0.0:8000", plain=True, ends=True, why="two services use the same port",
        needles=(b"annot ",),
    ),
    cause(
        "setting-invalid",
        r"cannot listen to \w+ requests at (?P<variable>port \d+), (?P<why>allowed port range is "
        r"\S+ \S+)",
        "The server cannot listen to HTTP requests at port 8000, allowed port range is [9000, 9005]",
        plain=True, ends=True, needles=(b"annot ",),
    ),
    cause(
        "setting-invalid", r"Bad option: \"(?P<variable>--[\w-]+)\"", 'Bad option: "--trace-config".',
        plain=True, ends=True, why="tritonserver rejects its value.", needles=(b"Bad option",),
    ),
    cause(
        "setting-invalid", r"failed to start (?P<variable>.+?) service: (?P<why>.+)",
        'E1125 10:29:03.4 4 main.cc:257] "failed to start HTTP service: Internal - could not resolve"',
        ends=True, needles=(b"ailed",),
    ),
    cause(
        "setting-invalid",
        r"failed to load model '(?P<name>[^']+)': at least one version must be available",
        "E1129 00:55:57.114780 7520 model_repository_manager.cc:724] \"failed to load model '.git': at "
        "least one version must be available under the version policy of model '.git'\"",
        variable=_REPOSITORY, source="a repository with a folder .git",
        why=mark("the folder {name} in it has no version of a model (1, 2, ...)."),
        fix=mark("Take that folder out of the model repository, or unset the variable."),
        needles=(b"ailed",),
    ),
    cause(
        "setting-invalid",
        r"Poll failed for model directory '(?P<name>[^']+)': Invalid model name",
        "E1129 00:57:49.539323 11119 model_repository_manager.cc:1460] \"Poll failed for model directory "
        "'bad': Invalid model name: Could not determine backend for model 'bad' with no backend in model "
        'configuration. Expected model name of the form \'model.<backend_name>\'."',
        variable=_REPOSITORY, ends=True,
        source="a repository with an empty folder; also server#5255, server#6989, server#7336",
        why=mark("the folder {name} in it is no model of Triton's."),
        fix=mark("If PyTriton runs: take that folder out of the model repository, or unset the variable. "
        "If tritonserver runs by itself: the folder's config.pbtxt is missing, names no backend, or "
        "lies a folder too deep."),
        needles=(b"ailed",),
    ),
    effect(
        r"creating server: Internal - failed to load all models",
        "error: creating server: Internal - failed to load all models",
        "A model in the model repository did not load; the lines before say which and why.", ends=True,
        needles=(b"ailed",),
    ),
    cause(
        "setting-invalid", r"creating server: .*(?P<why>failed to stat file +\S+|repository path .*)",
        "error: creating server: Internal - failed to stat file /srv/models", plain=True, ends=True,
        variable=_REPOSITORY, source="a repository that is not there",
        needles=(b"creating server",),
    ),
    cause(
        "setting-invalid", r"creating server: Internal - (?P<why>Failed to initialize \w*Cache: .*)",
        "error: creating server: Internal - Failed to initialize LocalCache: stoull", plain=True,
        ends=True,
        variable="cache_config", source='TritonConfig(cache_config=["local,size=lots"])',
        fix="The size of the cache is a number of bytes: cache_config=[\"local,size=1048576\"].",
        needles=(b"creating server",),
    ),
    cause(
        "workspace-path-unsafe", r"^Unexpected argument: \S*/workspace_\w+/",
        "Unexpected argument: b/pytriton/workspace_8uddfx17/model-store", ends=True, plain=True,
        piece="a space, a tab or a line break",
        how="The path of the model store is split there, and tritonserver takes its second half for an "
        "option.",
        source="starts with a tab in XDG_CACHE_HOME, and a line break in HOME",
        needles=(b"Unexpected arg",),
    ),
    cause(
        "setting-invalid", r"^Usage: tritonserver",
        "Usage: tritonserver [options]", ends=True, weak=True, variable="A setting",
        why="tritonserver rejected its options.", needles=(b"Usage: trit",),
    ),
    effect(
        r"Unable to initialize shared memory key .*Error: File exists",
        "E0622 21:02:46.541164 1 model_repository_manager.cc:1215] failed to load 'add_sub' version 1: "
        "Internal: Unable to initialize shared memory key '/add_sub_0_CPU_0' to requested size (67108864 "
        f"bytes). {_TRY_SIZE} to control the shared memory region size. Error: File exists",
        "Shared memory of that name is there already: a server that died left it in /dev/shm, or another "
        "one uses it. `tritondoctor clean` shows what dead processes left.", source="server#3036",
        ends=True, needles=(b"nable to",),
    ),
    effect(
        r"Failed to increase the shared memory pool size .*Error: (?!No space|Cannot allocate)\w",
        "Failed to increase the shared memory pool size for key 'triton_python_backend_shm_region_7' to "
        f"1073741824 bytes. {_TRY_SIZE} to control the shared memory region size. Error: Connection "
        "timed out", "The stub's shared memory could not grow; the end of the line says why.",
        source="server#5701", needles=(b"ailed",),
    ),
    cause(
        "shared-memory-unusable",
        r"Unable to initialize shared memory key \S+ to requested size \((?P<needed>\d+ bytes)\)",
        f"{_LOAD}Unable to initialize shared memory key '{_SEGMENT}' to requested size (4194304 bytes). "
        f"{_TRY_SIZE}", plain=True, ends=True, why="that much is not available",
        source="starts with 1 and 3 MB of /dev/shm; also model_analyzer#749", needles=(b"nable to",),
    ),
    cause(
        "shared-memory-unusable",
        r"(?:interprocess_exception'?\s+|^)what\(\):\s+(?P<why>Read-only file system|Permission "
        r"denied|No space left on device)",
        "'boost::interprocess::interprocess_exception' what():  Read-only file system",
        source="kserve#1937", ends=True, needed="shared memory", needles=(b"what()",),
    ),
    cause(
        "shared-memory-small",
        r"Failed to increase the shared memory pool size for key \S+ to (?P<wanted>\d+) bytes",
        "tritonclient.utils.InferenceServerException: Failed to increase the shared memory pool size for "
        f"key 'triton_python_backend_shm_region_2' to 67108864 bytes. {_TRY_SIZE}", plain=True,
        source="server#5681, and large batches with little of /dev/shm", free="too little",
        total=mark("it"), batch="the free space", needles=(b"ailed",),
    ),
    cause(
        "temporary-not-writable", r"Failed to create local temp folder: \S+ errno:(?P<why>[^\"]+)",
        "E1123 1 model_repository_manager.cc:1460] \"Poll failed for model directory 'Linear': Failed "
        'to create local temp folder: /tmp/folderE5PFZi, errno:Read-only file system"',
        state=mark("is not writable"), plain=True, ends=True, needles=(b"ailed",),
    ),
    cause(
        "limit-too-low", r"Too many open files",
        "[warn] Error from accept() call: Too many open files", plain=True, ends=True,
        others=("open-files-limit-low",), what="open files", limit=mark("reached"), needed="70",
        needles=(b"Too many",),
    ),
    cause(
        "wheel-damaged", r"unable to find backend library for backend 'python'",
        'E1125 10:29:03.4 4 model_lifecycle.cc:642] "failed to load \'Linear\' version 1: Invalid '
        "argument: unable to find backend library for backend 'python', try specifying runtime\"",
        ends=True, states=mark("missing"), count="at least one", needles=(b"nable to",),
    ),
    cause(
        "wheel-damaged",
        r"/backends/python/triton_python_backend_stub: (?:cannot execute|Permission denied|Exec format)",
        "/bin/dash: 0: cannot open /e/pytriton/tritonserver/backends/python/triton_python_backend_stub: "
        "Permission denied", source="server#8162, with PyTriton's own path", ends=True,
        states="not executable, or not readable", count="at least one",
        others=("workspace-noexec",), needles=(b"backend_stub",),
    ),
    cause(
        "stub-unhealthy", r"Stub process (?:'(?P<instance>[^']+)' )?is (?:not healthy|unhealthy)",
        "E1025 09:40:38.075506 9121 python_be.cc:2066] Stub process is unhealthy and it will be "
        "restarted.", source="server#6480; also pytriton#37", instance="of a model",
        others=("shared-memory-unusable", "memory-too-low"), needles=(b"healthy",),
    ),
    effect(
        r"failed to stop server: .*Exit timeout expired",
        'E1125 22:33:33.392286 4 main.cc:535] "failed to stop server: Internal - Exit timeout expired. '
        'Exiting immediately."', "tritonserver was asked to exit, but its model did not stop in time.",
        needles=(b"ailed",),
    ),
    effect(
        r"tritonserver: (?:cannot execute(?!: req| bin)|Permission denied)",
        "bash: line 1: /w/tritonserver: Permission denied", "The program could not be started.",
        ends=True, needles=(b"annot ", b"enied"),
    ),
)  # fmt: skip
