"""The NVIDIA driver and CUDA, where they keep a model from the GPU."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, effect, failure
from tritondoctor.support.messages import mark

_INSTALLED = mark("as installed")

SIGNS = (
    cause(
        "gpu-driver-mismatch", r"(?i)driver/library version mismatch",
        "Failed to initialize NVML: Driver/library version mismatch", plain=True,
        source="nvidia-container-toolkit#394", needles=(b"ismatch",),
    ),
    cause(
        "gpu-driver-mismatch", r"unsupported display driver / cuda driver combination",
        "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions "
        "before calling NumCudaDevices() that might have already set an error? Error 803: system has "
        "unsupported display driver / cuda driver combination", plain=True,
        source="nvidia-docker#1256, stable-diffusion#439", needles=(b"unsupported display",),
    ),
    cause(
        "gpu-module-not-loaded", r"nvml error: driver not loaded",
        "nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown.", plain=True,
        source="nvidia-docker#1393, nvidia-container-toolkit#1269", others=("gpu-without-driver",),
        needles=(b"not loaded",),
    ),
    cause(
        "gpu-module-not-loaded", r"couldn't communicate with the NVIDIA driver",
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that "
        "the latest NVIDIA driver is installed and running.", source="nvidia-docker#988",
        others=("gpu-without-driver", "container-without-gpu"), needles=(b"NVIDIA driver",),
    ),
    cause(
        "docker-without-gpu-support",
        r"nvidia-container-cli: initialization error: load library failed: libnvidia-ml\.so",
        "nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1: cannot open "
        "shared object file: no such file or directory: unknown.", plain=True,
        source="nvidia-container-toolkit#154, docker/for-win#13835",
        fix="Install the NVIDIA driver on the host (`nvidia-smi` must work there). To serve on the CPU, "
        "leave --gpus away.", needles=(b"nvidia-container-cli",),
    ),
    cause(
        "docker-without-gpu-support", r"could not select device driver .*capabilities: \[\[gpu",
        'docker: Error response from daemon: could not select device driver "" with capabilities: '
        "[[gpu]].", source="XAgent#273, nvidia-docker#1642", plain=True, needles=(b"device driver",),
    ),
    cause(
        "gpu-access-lost", r"Failed to initialize NVML: Unknown Error",
        "Failed to initialize NVML: Unknown Error", plain=True, source="nvidia-container-toolkit#48",
        needles=(b"ailed",),
    ),
    cause(
        "gpu-no-permission", r"Failed to initialize NVML: Insufficient Permissions",
        "Failed to initialize NVML: Insufficient Permissions", plain=True, source="nvidia-docker#676",
        user="this user", needles=(b"ailed",),
    ),
    cause(
        "cuda-does-not-start", r"unable to get number of CUDA devices: (?P<what>[^;\"]+)",
        "E1123 01:03:29.401293 4 model_lifecycle.cc:642] \"failed to load 'Linear' version 1: Internal: "
        "unable to get number of CUDA devices: unknown error", ends=True,
        source="a start with a stand-in for libcuda",
        why="The driver reports an error.", needles=(b"nable to",),
    ),
    cause(
        "driver-too-old",
        r"NVIDIA driver on your system is too old \(found version (?P<major>\d{1,2})0(?P<minor>\d)0\)",
        "RuntimeError: The NVIDIA driver on your system is too old (found version 11040). Please update "
        "your GPU driver by downloading and installing a new version from the URL: "
        "http://www.nvidia.com/Download/index.aspx", source="Fooocus#1313, ChatGLM3#100", plain=True,
        package="PyTorch", version=_INSTALLED, cuda=mark("of a newer version"), serves="{major}.{minor}",
        rule="", effect=mark("It does not compute on the GPU."), needles=(b"is too old",),
    ),
    cause(
        "driver-too-old", r"CUDA failure 35: ",
        "E0506 10:59:05.932885 1 model_repository_manager.cc:1234] failed to load 'densenet_onnx' "
        "version 1: "
        "Internal: onnx runtime error 1: CUDA failure 35: CUDA driver version is insufficient for CUDA "
        "runtime version", source="server#4346", package="ONNX Runtime", version=_INSTALLED, rule="",
        cuda=mark("of a newer version"), serves=mark("an older one"),
        effect=mark("It does not compute on the GPU."), others=("no-gpu", "container-without-gpu"),
        needles=(b"CUDA failure",),
    ),
    cause(
        "fabric-manager-missing", r"\b802\)?\s*:? system not yet initialized",
        "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions "
        "before calling NumCudaDevices() that might have already set an error? Error 802: system not yet "
        "initialized", source="pytorch#35710, gpustack#4154", plain=True, needles=(b"not yet init",),
    ),
    cause(
        "gpu-lost",
        r"Unable to determine the device handle for GPU *(?P<index>[\w:.]+): (?:Unknown Error|GPU is "
        r"lost)", "Unable to determine the device handle for GPU0000:07:00.0: Unknown Error", plain=True,
        source="syno_nvidia_gpu_driver#22", needles=(b"device handle",),
    ),
    cause(
        "gpu-lost", r"NVRM: .*fallen off the bus", "NVRM: fallen off the bus and is not responding to "
        "commands.", plain=True, source="NVSentinel#155", index=mark("(see the lines before)"),
        needles=(b"off the bus",),
    ),
    cause(
        "gpu-module-not-loaded",
        r"could not insert 'nvidia\w*': (?:Key was rejected|Required key not available)",
        "modprobe: ERROR: could not insert 'nvidia': Key was rejected by service", plain=True,
        source="linux-surface#906; also nct6687d#99",
        fix="Secure Boot refuses the module, since nobody signed it with a key that this machine knows. "
        "Use the distribution's signed driver, or enrol the key: sudo mokutil --import "
        "/var/lib/shim-signed/mok/MOK.der (Ubuntu), restart, and confirm. Or turn Secure Boot off in "
        "the firmware.",
        needles=(b"could not insert",),
    ),
    cause(
        "gpu-module-not-loaded", r"Unable to load the kernel module 'nvidia\S*\.ko'",
        "ERROR: Unable to load the kernel module 'nvidia.ko'.  This happens most frequently when this "
        "kernel module was built against the wrong or improperly configured kernel sources", plain=True,
        source="gpu-driver-container#44, Bumblebee#656",
        fix="`dmesg | tail` right after it says why: Secure Boot (a key was rejected), the driver "
        "nouveau (it has the card), or a card that this release does not know. The distribution's own "
        "packages of the driver fit its kernel best.", needles=(b"kernel module",),
    ),
    failure(
        r"NVRM: .*(?:RmInitAdapter failed|rm_init_adapter failed|Cannot attach gpu)",
        "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:894)",
        "The NVIDIA driver could not start this GPU. Restart the machine. If it stays so: install "
        "another release of the driver (cards of 2025 and later need the open kernel module), check "
        "seating and power, and, in a virtual machine, how the card is passed through.",
        what=mark("The NVIDIA driver could not start a GPU"),
        source="cmpunlocker#4", needles=(b"NVRM: ",),
    ),
    cause(
        "gpu-exclusive", r"CUDA-capable devices? ?(?:\(s\) )?(?:are|is/are) busy or unavailable",
        "RuntimeError: CUDA error: all CUDA-capable devices are busy or unavailable",
        source="DIGITS#2005, pytorch#3871", others=("gpu-lost",), needles=(b"busy or unavail",),
    ),
    failure(
        r"Found no NVIDIA driver on your system",
        "RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU "
        "and installed a driver from http://www.nvidia.com/Download/index.aspx",
        "In a container: start it with the GPU (docker run --gpus all, apptainer exec --nv; Kubernetes: "
        "a limit nvidia.com/gpu). On a host: install the driver; `nvidia-smi` has to work there. Where "
        "there is no GPU, choose the CPU in the model's code.",
        what=mark("PyTorch finds no NVIDIA driver"),
        source="torch's own text (c10/cuda); nvidia-docker#1234, detectron2#3107, GenCAD#17, "
        "runpod/containers#56",
        needles=(b"NVIDIA driver",),
    ),
    effect(
        r"No CUDA GPUs are available|invalid device ordinal|no CUDA-capable device is detected",
        "RuntimeError: No CUDA GPUs are available",
        "CUDA sees no GPU of that number: CUDA_VISIBLE_DEVICES hides it, the container has none, or the "
        "driver does not work. `tritondoctor check --gpu required` tells which.",
        source="torch's own text (c10/cuda)", needles=(b"No CUDA GPUs", b"ordinal", b"CUDA-capable"),
    ),
    cause(
        "cuda-compat-refused",
        r"(?i)forward compatibility was attempted on non supported HW|cuInit\(0?\) ?(?:returned|=) ?804",
        "Error 804: forward compatibility was attempted on non supported HW", plain=True,
        source="faster-whisper#653; also server#1838, fil_backend#36", code="804",
        rule="this GPU is not one of them", needles=(b"non supported", b"cuInit("),
    ),
    cause(
        "torch-lacks-architecture",
        r"^(?!.*(?:TensorRT|(?i:onnxruntime)|NO_BINARY_FOR_GPU|NoKernelImageForDevice)).*no kernel "
        r"image is available for execution|CUDA capability (?P<cards>sm_\d+) is not "
        r"compatible with the current PyTorch",
        "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch "
        "installation.", plain=True, source="pytorch#167244", cards="this GPU",
        version=_INSTALLED,
        needles=(b"kernel image", b"ompatible"),
    ),
    cause(
        "torch-without-cuda", r"Torch not compiled with CUDA enabled",
        "AssertionError: Torch not compiled with CUDA enabled", plain=True, source="pytorch#30664",
        version=_INSTALLED, needles=(b"compiled with",),
    ),
    cause(
        "cuda-after-fork", r"Cannot re-initialize CUDA in forked subprocess",
        "RuntimeError: Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, "
        "you must use the 'spawn' start method", plain=True, source="pytorch, torch/cuda/__init__.py",
        needles=(b"annot ",),
    ),
)  # fmt: skip
