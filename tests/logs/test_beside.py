"""What failed beside PyTriton: Docker, a cluster, another package; each as somebody posted it."""

from __future__ import annotations

import io
import json
import textwrap
from collections.abc import Callable

import pytest

from tritondoctor.logs.read import read
from tritondoctor.logs.verdict import LogVerdict, explain

BESIDE = "failed-beside-pytriton"
#: where it was posted -> its essential lines, the finding, a part of the title
POSTED = {
    "nvidia-docker#1616": (
        "docker: Error response from daemon: OCI runtime create failed: container_linux.go:380: starting "
        "container process caused: process_linux.go:545: container init caused: Running hook #0:: error "
        "running hook: exit status 1, stdout: , stderr: nvidia-container-cli: ldcache error: process "
        "/sbin/ldconfig.real failed with error code: 1: unknown.",
        "docker-without-gpu-support",
        "cannot give a GPU",
    ),
    "podman#5711": (
        "2020/04/03 13:34:52 ERROR: /usr/bin/nvidia-container-runtime: find runc path: "
        'exec: "runc": executable file not found in $PATH',
        "docker-without-gpu-support",
        "cannot give a GPU",
    ),
    "nvidia-docker#841": (
        "docker: Error response from daemon: OCI runtime create failed: container_linux.go:348: starting "
        'container process caused "exec: \\"nvidia-smi\\": executable file not found in $PATH": unknown.',
        BESIDE,
        "got no GPU",
    ),
    "nvidia-container-toolkit#210": (
        "podman run --rm -ti --device nvidia.com/gpu=all ubuntu nvidia-smi -L\n"
        "Failed to initialize NVML: Insufficient Permissions",
        "gpu-no-permission",
        "no permission",
    ),
    "linux-surface#906": (
        "modprobe: ERROR: could not insert 'nvidia': Key was rejected by service",
        "gpu-module-not-loaded",
        "not loaded",
    ),
    "for-mac#7445": (
        'error getting credentials - err: exec: "docker-credential-desktop": executable file not found '
        "in $PATH, out: ``",
        BESIDE,
        "keeps its passwords",
    ),
    "nccl#290": (
        "gpu2-ru7:2143:2561 [1] include/shm.h:28 NCCL WARN Call to posix_fallocate failed : No space "
        "left on device",
        BESIDE,
        "NCCL",
    ),
    "VITS-fast-fine-tuning#397": (
        "Traceback (most recent call last):\n"
        '  File "/root/miniconda3/envs/vits/lib/python3.8/multiprocessing/queues.py", line 336, in '
        "__init__\n"
        "    self._rlock = ctx.Lock()\n"
        '  File "/root/miniconda3/envs/vits/lib/python3.8/multiprocessing/synchronize.py", line 57, in '
        "__init__\n"
        "    sl = self._semlock = _multiprocessing.SemLock(\n"
        "OSError: [Errno 28] No space left on device",
        "shared-memory-unusable",
        "/dev/shm",
    ),
    "pip#7745": ("IOError: [Errno 28] No space left on device", BESIDE, "disk is full"),
    "travis2docker#186": (
        "Traceback (most recent call last):\n"
        '  File "/usr/local/bin/pre-commit", line 8, in <module>\n'
        "    sys.exit(main())\n"
        "PermissionError: [Errno 13] Permission denied: '/home/odoo/.cache/'",
        BESIDE,
        "may not write",
    ),
    "server#4815": (
        "E0826 21:22:39.325423 1 model_repository_manager.cc:1355] failed to load 'veh-onnx-model' "
        "version 1: Invalid argument: model input NHWC/NCHW require 3 dims for veh-onnx-model",
        BESIDE,
        "config.pbtxt",
    ),
    "server#889": (
        "E1116 02:39:23.217136 996 main.cc:943] error: creating server: INTERNAL - Could not get "
        "MetaData for bucket with name model-storage",
        BESIDE,
        "repository in the cloud",
    ),
    "server#2323": (
        "> error: creating server: Internal - failed to stat file /models/poc/pytorch",
        "setting-invalid",
        "--model-repository",
    ),
    "server#7818": (
        "UNAVAILABLE: Invalid argument: instance group gptj_model2_1 of model gptj_model2 specifies "
        "invalid or unsupported GPU id 1. GPUs with at least the minimum required CUDA compute "
        "compatibility of 6.000000 are: 0.",
        BESIDE,
        "does not see the GPU",
    ),
    "server#7636": (
        "UNAVAILABLE: Not found: unable to load shared library: %1 is not a valid Win32 application",
        BESIDE,
        "Windows",
    ),
    "lieer#234": (
        "      build/temp.linux-x86_64-cpython-310/notmuch2._capi.c:572:14: fatal error: notmuch.h: No "
        "such file or directory\n"
        "        572 |     #include <notmuch.h>\n"
        "      error: command '/usr/bin/x86_64-linux-gnu-gcc' failed with exit code 1\n"
        "  ERROR: Failed building wheel for notmuch2",
        BESIDE,
        "header",
    ),
    "uv#4303": (
        "  × No solution found when resolving dependencies:\n"
        "  ╰─▶ Because torch==2.3.1 has no wheels are available with a matching Python implementation "
        "and you require torch==2.3.1, we can conclude\n"
        "      that the requirements are unsatisfiable.",
        "packages-in-conflict",
        "Package conflict",
    ),
    "server#2307": (
        "coreReadArchive.h(271) - Serialization Error in readExternal:0(Type mismatch)\n"
        "E1201 07:37:35.929246 47 logging.cc:43] INVIDLID_STATE:std::exception",
        BESIDE,
        "TensorRT cannot read an engine",
    ),
    "server#3445": (
        'fail to load "xxxx" version 1 : Internal : Failed to give execution permission to '
        "triton_python_backend_stub in .....",
        BESIDE,
        "execute a model's stub",
    ),
    "TensorRT-Yolov3#61": (
        "ERROR: Cuda initialization failure with error 35. Please check cuda installation:  "
        "http://docs.nvidia.example/cuda-installation-guide-linux/index.html.\n"
        "Segmentation fault (core dumped)",
        BESIDE,
        "no driver",
    ),
    "onnxruntime#8093": (
        "2021-06-17 17:28:00.917286605 [E:onnxruntime:, sequential_executor.cc:318 Execute] Non-zero "
        "status code returned while running Gemm node. Name:'gemm' Status Message: CUDA error "
        "cudaErrorNoKernelImageForDevice:no kernel image is available for execution on the device\n"
        "terminate called after throwing an instance of 'Ort::Exception'\n"
        "Aborted (core dumped)",
        BESIDE,
        "no code for this GPU",
    ),
    "GEM-X#5": (
        "Traceback (most recent call last):\n"
        '  File "/workspace/gem/scripts/demo/demo_soma.py", line 483, in <module>\n'
        "    main()\n"
        '  File "/usr/lib/python3.10/subprocess.py", line 1863, in _execute_child\n'
        "    raise child_exception_type(errno_num, err_msg, err_filename)\n"
        "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'",
        BESIDE,
        "not found",
    ),
    "triton#7050": (
        "ERROR: Could not find a version that satisfies the requirement triton (from versions: none)\n"
        "ERROR: No matching distribution found for triton",
        BESIDE,
        "pip finds no version",
    ),
    "WSL#9938": (
        "Failed to initialize NVML: GPU access blocked by the operating system",
        "wsl-gpu-unusable",
        "Windows",
    ),
    "server#3227": (
        "bash: /tmp/folderyPJDZi/triton_python_backend_stub: Permission denied",
        BESIDE,
        "execute a model's stub",
    ),
    "freebayes#547": ("FATAL: kernel too old\nAborted", BESIDE, "kernel is too old"),
    "fastertransformer_backend#157": (
        "terminate called after throwing an instance of 'std::runtime_error'\n"
        "  what():  [FT][ERROR] CUDA runtime error: out of memory /src/fastertransformer/utils/"
        "allocator.h:220\n"
        "Signal (6) received.",
        "out-of-gpu-memory",
        "memory",
    ),
    "grpc#27077": (
        'E1020 09:26:44.299467934 4160 server_chttp2.c:38] {"created":"@1508506004.299423794",'
        '"description":"No address added out of total 1 resolved","referenced_errors":[{"description":'
        '"Failed to add any wildcard listeners"}]}',
        "port-in-use",
        "Port",
    ),
    "conda#731": (
        "Fetching package metadata: .Error: HTTPError: 407 Client Error: Proxy Authentication Required: "
        "http://conda.example/pkgs/pro/win-64/",
        "package-index-unreachable",
        "proxy",
    ),
    "smart-tree#2": (
        "Encountered problems while solving.\n"
        "Problem: nothing provides __glibc >=2.17,<3.0.a0 needed by cudf-23.02.00-cuda_11_py38_0",
        "packages-in-conflict",
        "cudf-23.02.00",
    ),
    "gpt4free#413": (
        "ModuleNotFoundError: No module named 'numpy.core._multiarray_umath'",
        "package-not-loadable",
        "numpy",
    ),
    "docker-multi-python#2": (
        "ImportError: /e/dist-packages/numpy/random/mtrand.cpython-39-x86_64-linux-gnu.so: undefined "
        "symbol: PyCMethod_New",
        "built-for-another-version",
        "Python",
    ),
    "OmniParser#34": (
        "safetensors_rust.SafetensorError: Error while deserializing header: HeaderTooLarge",
        BESIDE,
        "damaged",
    ),
    "Morpheus#1197": (
        "| log-parsing-onnx | 1 | UNAVAILABLE: Internal: onnx runtime error 7: Load model from /models/"
        "log-parsing-onnx/1/model.onnx failed:Protobuf parsing failed. |",
        BESIDE,
        "damaged",
    ),
    "PuLID#97": (
        "huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-66f4b037)\n\n"
        "Cannot access gated repo for url https://huggingface.co/black-forest-labs/FLUX.1-dev/resolve/"
        "main/ae.safetensors.",
        BESIDE,
        "Hugging Face",
    ),
    "server#8342": (
        "\"failed to load 'ambernet' version 1: Invalid argument: unable to find backend library for "
        "backend 'onnxruntime', try specifying runtime on the model configuration.\"",
        BESIDE,
        "backend",
    ),
    "nvidia-docker#1234": (
        "AssertionError: \n"
        "Found no NVIDIA driver on your system. Please check that you\n"
        "have an NVIDIA GPU and installed a driver from",
        BESIDE,
        "no NVIDIA driver",
    ),
    "nvidia-docker#814": (
        "Aug 30 16:12:35 viola audit[25758]: AVC avc:  denied  { entrypoint } for  pid=25758 "
        'comm="nvidia-docker" path="/usr/bin/docker" dev="sdc3" tclass=file permissive=0',
        BESIDE,
        "SELinux",
    ),
    "logme#6": (
        "Traceback (most recent call last):\n"
        '  File "<stdin>", line 1, in <module>\n'
        '  File "/usr/local/lib/python3.5/dist-packages/logme/__init__.py", line 53\n'
        '    raise MisMatchScope(f"{callable_} is a class, cannot be assigned")\n'
        "                                                                   ^\n"
        "SyntaxError: invalid syntax",
        BESIDE,
        "another Python",
    ),
    "KeyPhraseTransformer#3": (
        "T5ForConditionalGeneration requires the PyTorch library but it was not found in your "
        "environment. Checkout the instructions on the",
        "package-missing",
        "torch",
    ),
    "apptainer#3041": (
        "/opt/OpenRV/bin/rv.bin: /opt/OpenRV/lib/libc.so.6: version `GLIBC_2.38' not found (required by "
        "/.singularity.d/libs/libGLX.so.0)",
        "glibc-too-old",
        "of the container",
    ),
    "ONNX-Runtime-GPU-image-classifciation-example#1": (
        "[E:onnxruntime:Image classifier inference, provider_bridge_ort.cc:937 Ensure] Failed to load "
        "library libonnxruntime_providers_shared.so with error: libonnxruntime_providers_shared.so: "
        "cannot open shared object file: No such file or directory\n"
        "terminate called after throwing an instance of 'Ort::Exception'\n"
        "Aborted (core dumped)",
        "library-missing",
        "libonnxruntime_providers_shared.so",
    ),
    "uvicorn on a French Windows": (
        "OSError: [WinError 10048] Une seule utilisation de chaque "
        "adresse de socket (protocole/adresse "  # codespell:ignore adresse
        "réseau/port) est habituellement autorisée",
        "port-in-use",
        "Port",
    ),
    "uvicorn on macOS": (
        "ERROR: [Errno 48] error while attempting to bind on address ('0.0.0.0', 8000): address already "
        "in use",
        "port-in-use",
        "8000",
    ),
}


def _explain(text: str, encoding: str = "utf-8") -> LogVerdict:
    return explain(read(io.BytesIO(text.encode(encoding))))


def _first(result: LogVerdict) -> tuple[str, str]:
    """The id and the title of the cause."""
    assert result.causes, result
    finding = result.causes[0].finding
    return finding.id, str(finding.title)


@pytest.mark.parametrize("thread", POSTED)
def test_the_cause_is_named(thread: str) -> None:
    log, id, part = POSTED[thread]
    result = _explain(log)
    assert (result.verdict, result.exit_code()) == ("fault", 1)
    named, title = _first(result)
    assert named == id, title
    assert part in title


def _behind(prefix: str) -> Callable[[str], str]:
    return lambda log: "\n".join(prefix + line for line in log.split("\n"))


FORMS: dict[str, Callable[[str], str]] = {
    "compose": _behind("triton-1  | "),
    "kubectl": _behind("[pod/serve-7d4b9c/pytriton] 2026-11-25T10:21:05.12Z "),
    "journal": _behind("Nov 25 10:21:05 host app[4242]: "),
    "quoted": _behind("> "),
    "coloured": _behind("\x1b[1;31m"),
    "Windows": lambda log: log.replace("\n", "\r\n") + "\r\n",
    "in a longer log": lambda log: f"Loading 3 files\n{log}\nMade 0 of 3\n" * 2,
    "other words": lambda log: f"正在启动服务\n{log}\nОшибка: процесс завершён\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("thread", POSTED)
def test_in_another_form(thread: str, form: str) -> None:
    log, id, _ = POSTED[thread]
    assert _first(_explain(FORMS[form](log)))[0] == id


@pytest.mark.parametrize("thread", POSTED)
def test_wrapped_at_the_words_of_a_terminal(thread: str) -> None:
    log, id, _ = POSTED[thread]
    lines = (textwrap.wrap(line, 80, break_on_hyphens=False) or [""] for line in log.split("\n"))
    assert _first(_explain("\n".join("\n".join(pieces) for pieces in lines)))[0] == id


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_box_does_not_hide_the_encoding(encoding: str) -> None:
    log, id, _ = POSTED["server#7636"]
    table = f"I1126 10:21:05.000001 1 server.cc:674]\n┌───────┬─────────┐\n│ Model │ {log}\n"
    assert _first(_explain(table, encoding))[0] == id


LOADED = "I1126 10:21:05.000001 1 model_lifecycle.cc:849] \"successfully loaded 'Linear'\"\n"


def test_what_failed_before_a_model_was_loaded_is_not_the_cause() -> None:
    log = POSTED["server#7818"][0]
    assert not _explain(f"{log}\n{LOADED}").causes
    assert _first(_explain(f"{LOADED}{log}\n"))[0] == BESIDE


def test_a_cause_of_pytriton_comes_first() -> None:
    full = POSTED["pip#7745"][0]
    missing = "ImportError: libnvinfer.so.10: cannot open shared object file: No such file or directory"
    assert _first(_explain(f"{full}\n{missing}"))[0] == "library-missing"
    assert _first(_explain(full))[0] == BESIDE


def test_a_crash_is_the_consequence_of_a_failure_before_it() -> None:
    failed, crashed = POSTED["TensorRT-Yolov3#61"][0].split("\n")
    causes = _explain(f"{failed}\n{crashed}").causes
    assert [(cause.first, cause.finding.id) for cause in causes] == [
        (True, BESIDE), (False, "ended-by-signal"),
    ]  # fmt: skip
    assert _first(_explain(f"{crashed}\n{failed}"))[0] == "ended-by-signal"


@pytest.mark.parametrize(
    "log",
    [
        # a plain `make`, not a package that pip builds
        "main.c:1:10: fatal error: notmuch.h: No such file or directory\nmake: *** [main.o] Error 1",
        # another program's text about a full disk
        "the alert fires when a disk has no space left",
        "INFO checked: 0 pods unschedulable, 0 nodes not ready",
    ],
)
def test_what_says_nothing_of_a_failure(log: str) -> None:
    result = _explain(log)
    assert (result.verdict, result.causes) == ("unknown", ())


def test_words_before_a_record_are_read() -> None:
    error = POSTED["linux-surface#906"][0]
    record = json.dumps({"logger": "setup", "unit": "nvidia-driver"})
    assert _first(_explain(f"2026-11-25T10:21:05Z ERROR {error} {record}"))[0] == "gpu-module-not-loaded"
