"""PyTorch, JAX, TensorFlow and ONNX Runtime beside PyTriton, and cuDNN, cuBLAS and NCCL below them."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, failure, harmless
from tritondoctor.support.messages import mark

_UNPAIRED = (
    "Install the two as the pair that PyTorch's own page names, in one command: pip install torch "
    "torchvision, with the same --index-url for both."
)

SIGNS = (
    cause(
        "built-for-another-version",
        r"Loaded runtime CuDNN library: (?P<have>[\d.]+\d) but source was compiled with: "
        r"(?P<wants>[\d.]+\d)",
        "E1027 15:10:59.012564 3266428 cuda_dnn.cc:456] Loaded runtime CuDNN library: 9.10.1 but source "
        "was compiled with: 9.13.1.  CuDNN library needs to have matching major version",
        source="jaxlib-feedstock#329, jax#1351, jax#6517, jax#15361", plain=True,
        who=mark("The framework (JAX or TensorFlow)"), other="cuDNN",
        detail="It was compiled with cuDNN {wants}, and {have} is loaded.",
        fix="Upgrade cuDNN: pip install -U nvidia-cudnn-cu12 (or -cu11, -cu13, as the framework's CUDA). "
        "If an older one still loads, its folder is on LD_LIBRARY_PATH: take it off.",
        needles=(b"CuDNN library",),
    ),
    cause(
        "built-for-another-version",
        r"Found (?P<other>\w+) version (?P<have>\d+), but JAX was built against version (?P<wants>\d+)",
        "CUDA backend failed to initialize: Found cuDNN version 8600, but JAX was built against version "
        "8906, which is newer.", source="gcbfplus#1", plain=True, who="JAX",
        detail="It was built against {wants}, and {have} is loaded.",
        fix="Upgrade that library, or let JAX bring its own: pip install -U \"jax[cuda12]\". If the "
        "older one still loads, take its folder off LD_LIBRARY_PATH.",
        needles=(b"built against",),
    ),
    cause(
        "built-for-another-version",
        r"Mismatched PJRT plugin PJRT API version \((?P<have>[\d.]+)\) and framework PJRT API version "
        r"(?P<wants>[\d.]+\d)",
        "RuntimeError: Unable to initialize backend 'cuda': INVALID_ARGUMENT: Mismatched PJRT plugin "
        "PJRT API version (0.54) and framework PJRT API version 0.51).", source="jax#22416", plain=True,
        who=mark("JAX's plugin for CUDA"), other="jaxlib",
        detail="The plugin speaks PJRT {have}, and jaxlib {wants}.",
        fix="Install all of JAX in one version: pip install -U \"jax[cuda12]\".",
        needles=(b"PJRT",),
    ),
    cause(
        "built-for-another-version", r"[Oo]perator (?P<name>torchvision::\w+)(?: does not exist)?",
        "RuntimeError: operator torchvision::nms does not exist",
        source="vllm#5736, vision#1405, vision#8985", plain=True, who="torchvision", other="torch",
        detail="Its operation {name} is not registered.", fix=_UNPAIRED,
        needles=(b"torchvision::",),
    ),
    cause(
        "cuda-does-not-start", r"CUDA unknown error - this may be due to an incorrectly set up "
        "environment",
        "RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment, e.g. "
        "changing env variable CUDA_VISIBLE_DEVICES after program start. Setting the available devices "
        "to be zero.", source="ChatGLM-6B#649, yolov5#2664, cog-svd#11",
        what=mark("unknown error"), why=mark("The driver reports an error."),
        fix="`nvidia-smi` must work. After a standby or an update of the driver: restart, or, while no "
        "program uses the GPU, sudo rmmod nvidia_uvm and sudo modprobe nvidia_uvm. In a container: start "
        "it again. If CUDA_VISIBLE_DEVICES is changed inside the program: set it before the program "
        "starts.",
        others=("nvidia-uvm-missing", "gpu-driver-mismatch"), needles=(b"CUDA unknown",),
    ),
    failure(
        r"CU(?:BLAS|DNN)_STATUS_(?:NOT_INITIALIZED|ALLOC_FAILED)",
        "RuntimeError: CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuBLAS or cuDNN could not start on the GPU. Most often no memory was left there: `nvidia-smi` "
        "shows who uses it. Else this build does not fit the driver, or an index lay outside of a table "
        "(run once with CUDA_LAUNCH_BLOCKING=1, or on the CPU).",
        what=mark("cuBLAS or cuDNN did not start on the GPU"),
        source="MiniGPT-4#89, pytorch#1171, CLRNet#94", needles=(b"_STATUS_",),
    ),
    failure(
        r"device-side assert triggered",
        "Thread [0] had error: pinned buffer: failed to perform CUDA copy: device-side assert triggered",
        "Most often an index lies outside of a table: a token's id, a label, a class. Run it once on the "
        "CPU, or with CUDA_LAUNCH_BLOCKING=1: the traceback then names the place.",
        what=mark("The model's own code failed on the GPU"), source="server#2342",
        needles=(b"device-side",),
    ),
    failure(
        r"We couldn't connect to 'https://huggingface\.co|couldn't find (?:it|them) in the cached files|"
        r"error happened while trying to locate the file on the Hub",
        "OSError: We couldn't connect to 'https://huggingface.co' to load this file, couldn't find it in "
        "the cached files", "Without a network: download the model elsewhere (huggingface-cli download), "
        "copy it into HF_HOME, or pass the path of its folder. With one: check the model's name, the "
        "proxy (https_proxy), and, for models with a licence, the login. HF_ENDPOINT names a mirror; set "
        "it before the program imports its libraries.",
        what=mark("Hugging Face was not reached, and the model is not in its cache"),
        source="localGPT#822, unsloth#2965, moment#32, RSPrompter#78, modelscope#1267",
        needles=(b"couldn't ", b"on the Hub"),
    ),
    failure(
        r"Expected all tensors to be on the same device",
        "RuntimeError: Expected all tensors to be on the same device, but found at least two devices, "
        "cuda:0 and cpu!", "The program mixes tensors of several devices: move the model and all of its "
        "inputs to one (.to(device)).",
        what=mark("The program mixes tensors of several devices"),
        source="bubogpt#11, onyx#2127",
        needles=(b"same device",),
    ),
    failure(
        r"no kernel image is available for execution|CUDA_ERROR_NO_BINARY_FOR_GPU",
        "Status Message: CUDA error cudaErrorNoKernelImageForDevice:no kernel image is available for "
        "execution on the device",
        "The program, or a library in it, holds no code for this GPU. A new GPU needs a newer release, "
        "an old GPU an older one. `nvidia-smi --query-gpu=name,compute_cap --format=csv` shows which "
        "GPU this is.",
        what=mark("A program has no code for this GPU"),
        source="onnxruntime#3117, onnxruntime#8093, TensorRT-LLM#484, optimum-nvidia#17, cupy#9106",
        needles=(b"kernel image", b"NO_BINARY_FOR_GPU"),
    ),
    failure(
        r"(?:\(35 vs\. 0\)|cuda runtime error \(35\)|cudaErrorInsufficientDriver|Gpu API call\)|"
        r"returned 35 *-?>?).*CUDA driver version is insufficient|"
        r"(?i:Cuda initialization failure with error):? (?:35|222)\b",
        "F0524 09:04:15.975416  9945 common.cpp:152] Check failed: error == cudaSuccess (35 vs. 0)  CUDA "
        "driver version is insufficient for CUDA runtime version",
        "Run `nvidia-smi` where the program runs. If it fails there, the container was started without "
        "--gpus all, or the machine has no driver. If it works, its \"CUDA Version\" is older than the "
        "CUDA of the program: update the driver, or install a build for an older CUDA.",
        what=mark("CUDA finds no driver, or one that is too old"),
        source="nvidia-docker#747, nvidia-docker#316, cudf#328, denseflow#62, cutorch#435, TensorRT#1052",
        needles=(b"insufficient", b"nitialization failure"),
    ),
    failure(
        r"NCCL WARN .*(?:Call to (?:posix_fallocate|shm_open|ftruncate|mmap) failed|/dev/shm/nccl)",
        "gpu2-ru7:2143:2561 [1] include/shm.h:28 NCCL WARN Call to posix_fallocate failed : No space "
        "left on device",
        "In Docker: --shm-size=1g or more, or --ipc=host. In Kubernetes: mount an emptyDir with medium: "
        "Memory at /dev/shm. On a host: every user has to be able to write there (mode 1777).",
        what=mark("NCCL, which joins GPUs, did not get shared memory in /dev/shm"),
        source="nccl#290, nccl#328, nccl#342, ci-infra#490", needles=(b"NCCL WARN",),
    ),
    failure(
        r"(?i)NCCL (?:error|failure)\b.*(?:unhandled (?:system|cuda) error|remote process exited|"
        r"invalid usage)|nccl(?:System|UnhandledCuda|Internal|Remote)Error",
        "fastmoe: Test NCCL failure common.cu:777 'unhandled system error'",
        "NCCL, which joins GPUs, failed; it says why with NCCL_DEBUG=WARN. In a container /dev/shm is "
        "most often too small: --shm-size=1g or --ipc=host. \"invalid usage\" comes most often from more "
        "processes than GPUs (CUDA_VISIBLE_DEVICES).",
        what=mark("NCCL failed"),
        source="nccl#473, vllm#6574, pytorch#37004, tensorrtllm_backend#170", needles=(b"NCCL", b"nccl"),
    ),
    cause(
        "library-missing",
        r"Failed to load library (?P<soname>libonnxruntime_providers_shared\.so) with error",
        "[E:onnxruntime:Image classifier inference, provider_bridge_ort.cc:937 Ensure] Failed to load "
        "library libonnxruntime_providers_shared.so with error: libonnxruntime_providers_shared.so: "
        "cannot open shared object file", plain=True,
        source="ONNX-Runtime-GPU-image-classifciation-example#1",
        who="ONNX Runtime's provider for the GPU",
        fix="It belongs beside libonnxruntime.so: copy all libonnxruntime_providers_*.so of the same "
        "release there, or install onnxruntime-gpu again.", needles=(b"providers_shared",),
    ),
    cause(
        "package-missing", r"requires the PyTorch library but it was not found in your env",
        "T5ForConditionalGeneration requires the PyTorch library but it was not found in your "
        "environment. Checkout the instructions on the", source="KeyPhraseTransformer#3, "
        "chatting-transformer#14", module="torch", where=mark("the Python process"),
        needles=(b"was not found",),
    ),
    harmless(
        "jax-finds-no-cuda", r"No GPU/TPU found, falling back to CPU|Unable to initialize backend '",
        "W1025 08:07:07.371087 139768635004736 xla_bridge.py:364] No GPU/TPU found, falling back to CPU. "
        "(Set TF_CPP_MIN_LOG_LEVEL=0 and rerun for more info.)",
        "JAX found no GPU, and computes on the CPU. The lines about tpu, rocm and plugin mean nothing. "
        "For the GPU: pip install -U \"jax[cuda12]\".",
        source="maxim#32, t5x#1286, alphafold#498", needles=(b"falling back", b"initialize backend"),
    ),
    harmless(
        "tensorflow-finds-no-cuda", r"Cannot dlopen some GPU libraries|TF-TRT Warning: Could not find "
        r"TensorRT|Could not find cuda drivers on your machine",
        "W tensorflow/core/common_runtime/gpu/gpu_device.cc:2251] Cannot dlopen some GPU libraries. "
        "Please make sure the missing libraries mentioned above are installed properly if you would like "
        "to use GPU.", "TensorFlow does not find CUDA's libraries, or no driver, and computes on the "
        "CPU. For the GPU: pip install 'tensorflow[and-cuda]', in place of libraries of another CUDA on "
        "LD_LIBRARY_PATH. TensorRT is not needed.",
        source="tensorflow#64809, tensorflow#60646, tensorflow#62994",
        needles=(b"Cannot dlopen", b"Could not find"),
    ),
)  # fmt: skip
