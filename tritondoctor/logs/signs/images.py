"""Containers, images and their hosts: Docker, Kubernetes, apt, and processors that are too old."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, failure
from tritondoctor.support.messages import mark

_TOOLKIT = (
    "On the host: install nvidia-container-toolkit, then `nvidia-ctk runtime configure --runtime=docker` "
    "and `systemctl restart docker`. To serve on the CPU, leave the GPU away."
)
#: Docker's toolkit and the banner speak of images that NVIDIA's are the base of
_IMAGE = mark("NVIDIA's image")

SIGNS = (
    cause(
        "docker-without-gpu-support", r"(?i)unknown (?:or invalid )?runtime (?:name:|specified) nvidia",
        "docker: Error response from daemon: unknown or invalid runtime name: nvidia.", plain=True,
        source="3dgrut#71, nvidia-docker#578", fix=_TOOLKIT, needles=(b"runtime",),
    ),
    cause(
        "docker-without-gpu-support", r"unresolvable CDI devices? nvidia\.com|device driver \"cdi\"",
        "Error: setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=all", plain=True,
        source="FasterLivePortrait#116, nvidia-container-toolkit#434",
        fix="On the host: install nvidia-container-toolkit, then describe its GPUs: `nvidia-ctk cdi "
        "generate --output=/etc/cdi/nvidia.yaml`. To serve on the CPU, leave the GPU away.",
        needles=(b"CDI device", b"device driver"),
    ),
    cause(
        "wsl-gpu-unusable", r"nvidia-container-cli: .*WSL environment detected but no adapters",
        "nvidia-container-cli: initialization error: WSL environment detected but no adapters were "
        "found: unknown", source="stable-diffusion-webui-docker#117", plain=True,
        fix="In Windows: install the NVIDIA driver, then `wsl --update` and `wsl --set-version NAME 2`. "
        "`nvidia-smi` must work in WSL before a container can use the GPU.",
        needles=(b"nvidia-container-cli",),
    ),
    cause(
        "driver-too-old",
        r"nvidia-container-cli: requirement error: unsatisfied condition: cuda ?>= ?(?P<cuda>[\d.]+)",
        "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8, please update your "
        "driver to a newer version, or use an earlier cuda container", source="PETRIC2#27", plain=True,
        package=_IMAGE, version=mark("here"), serves=mark("an older one"), rule="",
        effect=mark("The container did not start."),
        fix="Install a newer NVIDIA driver on the host, or use an image for an older CUDA.",
        needles=(b"requirement error",),
    ),
    cause(
        "driver-too-old",
        r"container was built for NVIDIA Driver Release [\d.]+ or later, but",
        "ERROR: This container was built for NVIDIA Driver Release 450.36 or later, but", weak=True,
        source="server#1838, server#8536", package=_IMAGE, version=mark("here"),
        cuda=mark("of a newer version"), serves=mark("an older one"), rule="",
        effect=mark("It does not compute on the GPU."),
        others=("cuda-compat-refused",), needles=(b"Driver Release",),
        fix="Install the driver that this line names, or a newer one, on the host; or use an older "
        "image.",
    ),
    cause(
        "port-in-use", r"(?:Bind for|userland proxy: listen tcp\d?) \S*:(?P<number>\d+)"
        r"(?: failed: port is already allocated|: bind: address already in use)",
        "Error response from daemon: driver failed programming external connectivity on endpoint t-1: "
        "Bind for 0.0.0.0:3000 failed: port is already allocated", source="openai_trtllm#39", plain=True,
        name=mark("of the host, for Docker"), why=mark("another program has it"),
        fix="Stop the container that has it (`docker ps` shows the ports), or publish another: "
        "-p OTHER:PORT.", needles=(b"already allocated", b"userland proxy"),
    ),
    cause(
        "port-in-use", r"\blisten (?:tcp|udp)\d? \S*:(?P<number>\d+): bind: address already in use",
        "failed to listen on address: 127.0.0.1:1080 > listen tcp 127.0.0.1:1080: bind: address already "
        "in use", source="V2rayU#215", name=mark("of the program itself"),
        why=mark("another program has it"),
        fix="Stop the program that has it (`ss -ltnp` shows it), or choose another port.",
        needles=(b"already in use",),
    ),
    failure(
        r"chdir to cwd \(.+?\) set in config\.json failed: permission denied",
        'unable to start container process: chdir to cwd ("/workspace") set in config.json failed: '
        "permission denied: unknown.",
        "The container's user may not enter its working directory. Choose another (docker run -w /tmp), "
        "or another user (-u).",
        what=mark("The container's user may not enter its working directory"),
        source="server#6488", needles=(b"chdir to cwd",),
    ),
    failure(
        r"NVIDIA Driver is present, but CUDA failed to initialize",
        "ERROR: The NVIDIA Driver is present, but CUDA failed to initialize.  GPU functionality will not "
        "be available.",
        "The next line tells CUDA's error. \"Named symbol not found\" (500), on Windows with WSL: Docker "
        "Desktop is older than the driver, so update it. Else update nvidia-container-toolkit and the "
        "driver of the host, and look whether `nvidia-smi` works there. To serve on the CPU, leave "
        "the GPU away.",
        what=mark("CUDA does not start in the container"),
        source="server#7319", needles=(b"Driver is present",),
    ),
    failure(
        r"nvidia_entrypoint\.sh: line \d+: exec: --: invalid option",
        "/opt/nvidia/nvidia_entrypoint.sh: line 49: exec: --: invalid option",
        "The image's entry point got an option and no program: write the program first, such as "
        "`docker run IMAGE tritonserver --model-repository=/models`.",
        what=mark("The container got an option in place of a program"),
        source="server#6952",
        needles=(b"invalid option",),
    ),
    failure(
        r"\bInsufficient nvidia\.com/\w+",
        "0/1 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had taint {protect: "
        "no_schedule}, that the pod didn't tolerate",
        "No node of the cluster has so many free GPUs. To serve on the CPU, take nvidia.com/gpu out of "
        "the pod's limits; else `kubectl describe node` shows what the nodes have.",
        what=mark("No node of the cluster has so many free GPUs"),
        source="server#4761",
        needles=(b"Insufficient",),
    ),
    failure(
        r"failed liveness probe, will be restarted|Killing.*failed (?:liveness|startup) probe",
        "Normal   Killing    2m               kubelet  Container triton failed liveness probe, will be "
        "restarted", "Kubernetes ended the server: it did not answer in time. Give the start more time "
        "(a startupProbe; a model may load for minutes), and the probe a longer timeoutSeconds.",
        what=mark("Kubernetes ended the server, which did not answer in time"),
        source="kubelet's own text (kuberuntime_manager.go)", needles=(b"probe",),
    ),
    failure(
        r"(?i)(?:ApplyLayer|failed to solve|failed to register layer|write /\S+:).*no space left on "
        r"device",
        "ApplyLayer exit status 1 stdout:  stderr: write /aha/lib/python3.8/site-packages/torch/lib/"
        "libtorch_cuda.so: no space left on device",
        "Docker's own disk is full, on the host. `docker system df` shows what fills it.",
        what=mark("Docker's disk is full"),
        source="aha#1744, codegate#931", needles=(b"o space left",),
    ),
    failure(
        r"NO_PUBKEY [0-9A-F]{8,}",
        "The following signatures couldn't be verified because the public key is not available: "
        "NO_PUBKEY "
        "A4B469963BF863CC", "apt does not know the key of a repository. NVIDIA changed its key in 2022: "
        "install the package cuda-keyring, or use a newer base image.",
        what=mark("apt does not know the key of a repository"),
        source="morphoclass#63",
        needles=(b"NO_PUBKEY",),
    ),
    failure(
        r"^E: Could not get lock /var/lib/",
        "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1568 (packagekitd)",
        "Another program installs packages at the moment. Wait until it is done, and try again.",
        what=mark("Another program is using apt"),
        source="nvidia-docker#1626", needles=(b"not get lock",),
    ),
    failure(
        r"^E: Unable to locate package (?P<name>\S+)",
        "E: Unable to locate package nvidia-container-toolkit-base",
        "apt's repositories have no such package: run `apt-get update` first, check the name, and "
        "whether it needs a repository of NVIDIA's.",
        what=mark("apt does not know a package"),
        source="nvidia-container-toolkit#162",
        needles=(b"nable to",),
    ),
    failure(
        r"Fatal glibc error: CPU does not support (?:x86-64-v\d|\S+)",
        "Fatal glibc error: CPU does not support x86-64-v2",
        "The image is built for newer processors than this one (x86-64-v2: since about 2009). In a "
        "virtual machine choose the processor type `host`; else use another base image.",
        what=mark("The image is built for newer processors"),
        source="searxng-docker#381, meshtastic#148", needles=(b"Fatal glibc",),
    ),
    failure(
        r"NumPy was built with baseline optimizations",
        "RuntimeError: NumPy was built with baseline optimizations:",
        "This NumPy is built for newer processors than this one. In a virtual machine choose the "
        "processor "
        "type `host`; else install another build of it: pip install --force-reinstall 'numpy<2'.",
        what=mark("NumPy is built for newer processors"),
        source="nixpkgs#504266", needles=(b"built with",),
    ),
    failure(
        r"library was compiled to use \S+ instructions, but these aren't available",
        "F tensorflow/core/platform/cpu_feature_guard.cc:35] The TensorFlow library was compiled to use "
        "AVX2 instructions, but these aren't available on your machine.",
        "This TensorFlow is built for newer processors than this one. In a virtual machine choose the "
        "processor type `host`; else install another build of it.",
        what=mark("TensorFlow is built for newer processors"),
        source="tensorflow#6896",
        needles=(b"compiled to use",),
    ),
)  # fmt: skip
