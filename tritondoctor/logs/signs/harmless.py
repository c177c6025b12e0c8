"""Lines that look like errors but are harmless, and lines that only a working start prints."""

from __future__ import annotations

from tritondoctor.logs.signs.model import harmless, healthy

_NO_GPU = "No GPU was found ('insufficient' means absent here); PyTriton serves on the CPU anyway."

SIGNS = (
    harmless(
        "nvml", r"Failed to initialize NVML\s*$", "Error: Failed to initialize NVML", _NO_GPU,
        source="server#7670, and every start without a GPU", needles=(b"ailed",),
    ),
    harmless(
        "dcgm", r"DCGM unable to start|CacheManager Init Failed",
        'W1122 18:21:14.511583 2744 metrics.cc:798] "DCGM unable to start: DCGM initialization error"',
        "Only GPU metrics are missing.", source="server#7670, server#7906",
        needles=(b"nable to", b"CacheManager"),
    ),
    harmless(
        "pinned-memory", r"Unable to allocate pinned system memory(?!.*: operation not supported)",
        'W1122 18:21:14.505072 2744 pinned_memory_manager.cc:273] "Unable to allocate pinned system '
        "memory, pinned memory pool will not be available: CUDA driver version is insufficient for CUDA "
        'runtime version"', _NO_GPU, needles=(b"nable to",),
    ),
    harmless(
        "cuda-driver-helper", r"CudaDriverHelper has not been initialized",
        'E1122 18:21:14.505366 2744 server.cc:241] "CudaDriverHelper has not been initialized."', _NO_GPU,
        needles=(b"nitialized",),
    ),
    harmless(
        "gpu-metrics", r"Cannot get CUDA device count",
        "W0907 17:13:12.704691 88 metrics.cc:634] Cannot get CUDA device count, GPU metrics will not be "
        "available", "Only GPU metrics are missing.", source="fauxpilot#45",
        needles=(b"CUDA device count",),
    ),
    harmless(
        "config-modification-time", r"Failed to set config modification time",
        'E1122 18:21:38.084340 2812 model_repository_manager.cc:470] "Failed to set config modification '
        'time: model_config_content_name_ is empty"', "Every start of PyTriton prints it.",
        needles=(b"ailed",),
    ),
    harmless(
        "readiness", r"Exception while checking server readiness: .*(?:refused|unreachable)",
        "Exception while checking server readiness: [Errno 101] Network is unreachable",
        "PyTriton asked before the server was ready, and asks again.", needles=(b"xception",),
    ),
    harmless(
        "timeout-warning", r"\.py:\d+: NotSupportedTimeoutWarning: ",
        "/e/pytriton/client/utils.py:195: NotSupportedTimeoutWarning: Client network and/or connection "
        "timeout is smaller than requested timeout_s. This may cause unexpected behavior.",
        "PyTriton warns about its own default settings.", needles=(b"arning",),
    ),
    harmless(
        "no-version-information", r": no version information available \(required by ",
        "/bin/bash: /home/herman/anaconda3/lib/libtinfo.so.6: no version information available "
        "(required by /bin/bash)", "The loader prints it and continues.", source="conda#12917",
        needles=(b"version information",),
    ),
    harmless(
        "torch-without-driver", r"UserWarning: CUDA initialization: Found no NVIDIA driver",
        "torch/cuda/__init__.py:141: UserWarning: CUDA initialization: Found no NVIDIA driver on your "
        "system. Please check that you have an NVIDIA GPU and installed a driver",
        "PyTorch found no NVIDIA driver and computes on the CPU. Where there is a GPU, `tritondoctor "
        "check "
        "--gpu required` says what it lacks.", source="ltp#468, d3rlpy#42", needles=(b"NVIDIA driver",),
    ),
    harmless(
        "banner-without-driver", r"The NVIDIA Driver was not detected\.",
        "WARNING: The NVIDIA Driver was not detected.  GPU functionality will not be available.",
        "The image says that it has no GPU; the server goes on on the CPU.", source="server#4376",
        needles=(b"NVIDIA Driver",),
    ),
    harmless(
        "torch-tensorrt", r"Torch-TensorRT\] - Unable to read CUDA capable devices",
        "WARNING: [Torch-TensorRT] - Unable to read CUDA capable devices. Return status: 35", _NO_GPU,
        source="server#4376", needles=(b"nable to",),
    ),
    harmless(
        "tensorflow-without-gpu",
        r"failed call to cuInit: (?:CUDA_ERROR_NO_DEVICE|UNKNOWN ERROR \(303\))",
        "2026-11-25 10:21:00.123456: E external/local_xla/xla/stream_executor/cuda/cuda_driver.cc:282] "
        "failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected",
        "TensorFlow found no GPU; it computes on the CPU.", source="tensorflow's own text",
        needles=(b"cuInit",),
    ),
    harmless(
        "tensorflow-registers-twice", r"Unable to register cu\w+ factory: Attempting to register factory",
        "E external/local_xla/xla/stream_executor/cuda/cuda_dnn.cc:9261] Unable to register cuDNN "
        "factory: Attempting to register factory for plugin cuDNN when one has already been registered",
        "TensorFlow prints it at every start.", source="tensorflow#62075", needles=(b"nable to",),
    ),
    harmless(
        "onnx-on-the-cpu",
        r"Failed to load library libonnxruntime_providers_(?!shared)\w+\.so with error: "
        r"(?P<soname>[^\s:]+)",
        "[ONNXRuntimeError] : 1 : FAIL : Failed to load library libonnxruntime_providers_cuda.so with "
        "error: libcublasLt.so.11: cannot open shared object file: No such file or directory",
        "ONNX Runtime found no CUDA of its version, and goes on on the CPU. For the GPU install the "
        "onnxruntime-gpu that was built for the CUDA that is installed.", source="Step-Audio-EditX#3",
        needles=(b"onnxruntime",),
    ),
    harmless(
        "cuda-libraries", r"Could not load dynamic library '\S+'; dlerror: ",
        "2022-06-09 15:50:37.711160: W tensorflow/stream_executor/platform/default/dso_loader.cc:64] "
        "Could not load dynamic library 'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open "
        "shared object file: No such file or directory",
        "TensorFlow found no CUDA; it computes on the CPU.",
        source="tensorflow#56413", needles=(b"dlerror",),
    ),
    harmless(
        "preload", r"from \S+ cannot be preloaded .*: ignored",
        "ERROR: ld.so: object '/nonexistent/libx.so' from LD_PRELOAD cannot be preloaded (cannot open "
        "shared object file): ignored.", "The loader ignores the missing library.",
        needles=(b"preload",),
    ),
    harmless(
        "unload-agent", r"Agent model returns error on TRITONREPOAGENT_ACTION_UNLOAD",
        "E1125 22:36:31.065551 4 model_lifecycle.cc:416] Agent model returns error on "
        "TRITONREPOAGENT_ACTION_UNLOAD: Internal: Unexpected lifecycle state transition from "
        "TRITONREPOAGENT_ACTION_LOAD to TRITONREPOAGENT_ACTION_UNLOAD", "The server prints it on exit.",
        source="starts of PyTriton 0.4.2 and 0.5.5", needles=(b"rror",),
    ),
    harmless(
        "setlocale", r"setlocale: LC_\w+: cannot change locale",
        "bash: warning: setlocale: LC_ALL: cannot change locale (xx_YY.UTF-8)",
        "bash continues with another locale.", needles=(b"setlocale",),
    ),
    healthy(
        "model-loaded", r"successfully loaded '(?P<model>[^']+)'",
        'I1125 10:21:23.029645 4 model_lifecycle.cc:839] "successfully loaded \'Linear\'"',
        needles=(b"ully loaded",),
    ),
    healthy(
        "function-available", r"Infer function available as model: ",
        "INFO:pytriton.triton:Infer function available as model: `/v2/models/Linear`",
        source="PyTriton's own text (triton.py)", needles=(b"function available",),
    ),
)  # fmt: skip
