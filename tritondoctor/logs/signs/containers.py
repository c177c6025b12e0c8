"""NVIDIA's container toolkit, Docker's daemon, registries of images, and Apptainer."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, failure
from tritondoctor.support.messages import mark

_LOGIN = (
    "The registry does not hand out this image: its name or tag does not exist, or you have to log in. "
    "For nvcr.io: `docker login nvcr.io` with the user name $oauthtoken and an API key of NGC as "
    "password. After a login check that your account has a right to the image, and that the clock is "
    "right."
)

SIGNS = (
    cause(
        "wsl-gpu-unusable", r"nvidia-container-cli: mount error: \S+ failed: /usr/lib/wsl/",
        "nvidia-container-cli: mount error: stat failed: /usr/lib/wsl/lib/libcuda.so.1: no such file or "
        "directory", source="nvidia-docker#1225", plain=True,
        fix="In Windows: install the NVIDIA driver, then `wsl --update` and `wsl --shutdown`. "
        "`nvidia-smi` must work in WSL before a container can use the GPU.",
        needles=(b"nvidia-container-cli",),
    ),
    cause(
        "docker-without-gpu-support", r"nvidia-container-cli: ldcache error: ",
        "nvidia-container-cli: ldcache error: open failed: /sbin/ldconfig.real: no such file or "
        "directory: unknown.", source="Conf-net#5, nvidia-docker#1424, nvidia-docker#1616", plain=True,
        fix="On the host, the toolkit runs the ldconfig that this line names, and it fails. If that file "
        "does not exist, name the right one in /etc/nvidia-container-runtime/config.toml: ldconfig = "
        "\"@/sbin/ldconfig\". Else run it yourself (`sudo /sbin/ldconfig -p`): it says what is wrong.",
        needles=(b"ldcache error",),
    ),
    cause(
        "docker-without-gpu-support",
        r"nvidia-container-cli: mount error: file creation failed: .*file exists",
        "nvidia-container-cli: mount error: file creation failed: /var/lib/docker/overlay2/706b1d/merged/"
        "usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1: file exists: unknown.", plain=True,
        source="nvidia-container-toolkit#289, nvidia-docker#1551, nvidia-docker#1699",
        fix="The image itself holds a library of the driver, where the host's is to be mounted: it was "
        "made from a container that had a GPU. In a Dockerfile remove that file from the image "
        "(libnvidia-*.so.*, libcuda.so.*), or use another image.",
        needles=(b"nvidia-container-cli",),
    ),
    failure(
        r"(?i)permission denied while trying to connect to the docker (?:daemon socket|API)",
        "docker: Got permission denied while trying to connect to the Docker daemon socket at "
        "unix:///var/run/docker.sock: Post", "This user may not use Docker: put `sudo` before the "
        "command. Or join its group, which gives all rights of root: `sudo usermod -aG docker $USER`, "
        "then log in again.",
        what=mark("This user may not use Docker"),
        source="nvidia-docker#1138, nvidia-docker#255",
        needles=(b"ermission denied",),
    ),
    failure(
        r"(?i)toomanyrequests: |reached your (?:unauthenticated )?pull rate limit",
        "toomanyrequests: You have reached your pull rate limit. You may increase the limit by "
        "authenticating and upgrading", "The registry allows no more downloads for now: log in (`docker "
        "login`), or wait some hours.",
        what=mark("The registry's limit on downloads is reached"),
        source="nvidia-docker#1605",
        needles=(b"toomanyrequests", b"rate limit"),
    ),
    failure(
        r"accept header does not support OCI indexes",
        "FATAL:   While making image from oci registry: failed to get checksum for docker://ana/app: "
        "Error reading manifest latest in registry.example/ana/app: manifest unknown: OCI index found, "
        "but accept header does not support OCI indexes",
        "This program (an old Singularity or Docker) does not know the format of the image: use a newer "
        "one, such as Apptainer 1.2. Or `docker pull` and `docker save` it elsewhere, and build from "
        "that file: docker-archive://FILE.",
        what=mark("The program is too old for the format of the image"),
        source="EvoBind#10", needles=(b"OCI indexes",),
    ),
    failure(
        r"FATAL ERROR: ?Failed to create thread",
        "while creating squashfs: create command failed: exit status 1: FATAL ERROR:Failed to create "
        "thread",
        "mksquashfs, which Singularity and Apptainer call, may not start its threads: a login node "
        "limits processes or memory (ulimit -u, ulimit -v). Build the image in a job on a compute node.",
        what=mark("A limit stops the building of the image"),
        source="singularity#5395", needles=(b"create thread",),
    ),
    failure(
        r"manifest for \S+ not found|manifest unknown|failed to resolve reference \S+ \S*: not found",
        "Error response from daemon: manifest for nvcr.io/nvidia/tritonserver:23.04-py not found: "
        "manifest unknown: manifest unknown", "The registry has no image of this name and tag. Look the "
        "tag up in its catalogue (for nvcr.io: catalog.ngc.nvidia.com); those of Triton read like "
        "24.05-py3.",
        what=mark("The registry has no image of this name and tag"),
        source="server#5747, server#2330, server#3414, gpu-operator#273",
        needles=(b"anifest ", b"resolve reference"),
    ),
    failure(
        r"(?i)error response from daemon: (?!.*(?:OCI runtime|permission denied))"
        r".*\b(?:unauthorized|denied|401)\b|pull access denied for |"
        r"unauthorized: authentication required|failed to (?:authorize|fetch (?:anonymous|oauth) "
        r"token): ",
        "Error response from daemon: unauthorized: authentication required", _LOGIN,
        what=mark("The registry does not hand out the image"),
        source="NeMo#243, alpasim#44, cosmos-dataset-search#1, stylegan3#167",
        needles=(b"rom daemon", b"denied", b"nauthorized", b"failed to "),
    ),
    failure(
        r"unexpected HTTP status: 5\d\d|filesystem layer verification failed|unexpected EOF.*\bpull",
        "Error response from daemon: received unexpected HTTP status: 502 Bad Gateway",
        "The registry did not answer properly, or the download was damaged: try again later. If it stays "
        "so, look at the proxy between you and the registry.",
        what=mark("The download of the image failed"),
        source="server#5958, server#8471",
        needles=(b"HTTP status", b"layer verification", b"unexpected EOF"),
    ),
    failure(
        # (Triton's own addresses begin with /v2/, too)
        r"\b(?:Get|Head) \"?https?://[^\s\"/]+/v2/(?:[^\s\"]+/(?:manifests|blobs)/[^\s\"]*)?\"?: "
        r"(?!.*(?:unauthorized|denied|not found))|"
        r"error pulling image configuration: |failed to copy: httpReadSeeker: failed open: |"
        r"failed to resolve source metadata for \S+ failed to do request",
        "docker: Get \"https://registry.example/v2/\": dial tcp 192.0.2.40:443: i/o timeout.",
        "Docker did not reach the registry: no network, a firewall, a name that does not resolve, or a "
        "proxy that Docker's service does not know. Give the service a mirror (\"registry-mirrors\" in "
        "/etc/docker/daemon.json; such mirrors serve Docker Hub only, not nvcr.io) or a proxy, then "
        "`sudo systemctl restart docker`. Or bring the image along: docker save, docker load.",
        what=mark("Docker did not reach the registry of the image"),
        source="Docker-Proxy#80, docker-wechat#83, docker_mirror#30, fnos-apps#198",
        needles=(b"/v2/", b"pulling image", b"httpReadSeeker", b"source metadata"),
    ),
    failure(
        r"exec user process caused:? \\*\"?no such file or directory|"
        r"^exec /\S+: no such file or directory",
        "standard_init_linux.go:230: exec user process caused: no such file or directory",
        "The container's first program is not in the image, or what it is run with: a script that was "
        "written on Windows ends its lines with CR LF, and its first line then names no interpreter "
        "(`sed -i 's/\\r$//' FILE`); or the image has no bash or no such glibc.",
        what=mark("The container's program, or its interpreter, is not there"),
        source="3cqsbot#29", needles=(b"no such file or directory",),
    ),
    failure(
        r"while creating mount source path '(?P<path>[^']+)'",
        "docker: Error response from daemon: error while creating mount source path "
        "'/srv/steamcache/data': mkdir /srv/steamcache: read-only file system.",
        "The folder that -v names is not there, and Docker cannot create it: make it first, or correct "
        "its path. Docker from a snap sees only folders below /home.",
        what=mark("Docker cannot mount a folder of the host"),
        source="steamcache#40",
        needles=(b"mount source",),
    ),
    cause(
        "docker-without-gpu-support",
        r"find runc path: exec: |exec: \\*\"nvidia-container-runtime\S* executable file not found",
        "exec: \"nvidia-container-runtime\": executable file not found in $PATH: unknown.", plain=True,
        source="minikube#14432, podman#5711", fix="Install nvidia-container-toolkit on the host, and "
        "runc, where root finds them (/usr/bin); then restart Docker.", needles=(b"exec: ",),
    ),
    cause(
        "docker-without-gpu-support", r"failed to (?:inject devices: failed to )?stat CDI host device",
        "Error: setting up CDI devices: failed to inject devices: failed to stat CDI host device "
        "\"/dev/dri/renderD129\": no such file or directory", plain=True,
        source="nvidia-container-toolkit#885, nvidia-container-runtime#182",
        fix="The description of the GPUs is older than the host's devices. Make it again on the host: "
        "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml", needles=(b"CDI host",),
    ),
    failure(
        r"no runtime for \"nvidia\" is configured|unknown runtime type: \"nvidia\"",
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: "
        "no runtime for \"nvidia\" is configured",
        "On each node with a GPU: install nvidia-container-toolkit, then `nvidia-ctk runtime configure "
        "--runtime=containerd` and `systemctl restart containerd`. In minikube: --driver docker --gpus "
        "all; in MicroK8s: microk8s enable gpu.",
        what=mark("The cluster's nodes have no runtime called nvidia"),
        source="microk8s#2474, minikube#4013", needles=(b"no runtime for", b"runtime type"),
    ),
    failure(
        r"exec: \\*\"nvidia-smi\\*\": executable file not found",
        "docker: Error response from daemon: OCI runtime create failed: starting container process "
        "caused \"exec: \\\"nvidia-smi\\\": executable file not found in $PATH\": unknown.",
        "No image holds nvidia-smi: it comes from the host where the container gets a GPU. Start it with "
        "--gpus all (needs nvidia-container-toolkit on the host).",
        what=mark("The container got no GPU: nvidia-smi is not there"),
        source="nvidia-docker#841, nvidia-container-runtime#114", needles=(b"nvidia-smi",),
    ),
    failure(
        r"(?i)failed to mount (?:squashfs )?(?:image|filesystem)\b.*(?:invalid argument|no such device|"
        r"input/output)",
        "FATAL:   container creation failed: mount "
        "/proc/self/fd/3->/usr/local/var/singularity/mnt/session/rootfs error: can't mount image "
        "/proc/self/fd/3: failed to mount squashfs filesystem: invalid argument", "The image's file is "
        "cut off or damaged (copy it again, compare the sizes), was made by a newer Apptainer than this "
        "one, or this kernel has no squashfs. `apptainer build --sandbox FOLDER IMAGE` unpacks it, "
        "which needs no mount.",
        what=mark("Apptainer (Singularity) cannot mount the image"),
        source="singularity#5408, singularity#3465, tf-approximate#18", needles=(b"ailed to mount",),
    ),
    failure(
        r"exec: \"(?!runc\"|nvidia-c)(?P<program>[^\"]+)\": (?:executable file not found in|"
        r"stat \S+ no such file)|"
        r"nvidia_entrypoint\.sh: line \d+: exec: \S+: not found",
        "Failure OCI runtime create failed: container_linux.go:370: starting container process caused: "
        "exec: \"tini\": executable file not found in $PATH: unknown",
        "The image has no such program, or not at this path. Correct the command after the image's name, "
        "or take the image that has it (before 20.06 Triton's program was called trtserver).",
        what=mark("The container's program is not found"),
        source="gpu-jupyter#39, mlcommons/training#719, server#3161",
        needles=(b"exec: ",),
    ),
    failure(
        r"error (?:getting|listing) credentials - err: exec: \"(?P<program>docker-credential-[\w.-]+)\": "
        r"\S+ file not found",  # (the word behind the colon is hidden: it could be a secret)
        "error getting credentials - err: exec: \"docker-credential-desktop.exe\": executable file not "
        "found in $PATH, out: ``",
        "~/.docker/config.json has a line credsStore, left by Docker Desktop, and the program that it "
        "names is not there. Delete that line, and run `docker login` again where a registry asks for "
        "it.",
        what=mark("Docker does not find the program that keeps its passwords"),
        source="for-mac#7445, grafana-loki-syslog-aio#16", needles=(b"ing credentials",),
    ),
    cause(
        "glibc-too-old",
        r"version `(?P<versions>GLIBC_[\w.]+)' not found \(required by (?P<file>/\.singularity\.d/libs/"
        r"[^)]+)",
        "glxgears: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by "
        "/.singularity.d/libs/libGLdispatch.so.0)", source="apptainer#945, apptainer#2421, "
        "apptainer#3041",
        plain=True, ends=True, who="what loads the host's library", glibc=mark("(that of the container)"),
        fix="--nv brings this library from the host, whose glibc is newer than the container's. Use a "
        "container of a newer distribution; or, if the program draws nothing, take the library out of "
        "nvliblist.conf (/etc/apptainer or /etc/singularity).",
        needles=(b"singularity.d",),
    ),
)  # fmt: skip

#: whatever else NVIDIA's toolkit reports: no other sign knows it
UNKNOWN = (
    cause(
        "docker-without-gpu-support",
        r"nvidia-container-cli: (?:initialization|device|detection|container|mount|cuda) error",
        "nvidia-container-cli: initialization error: driver rpc error: timed out: unknown",
        source="nvidia-container-toolkit#237, nvidia-docker#1657; also libnvidia-container#103, "
        "clearml-serving#14",
        fix="Run `nvidia-smi` on the host first: it must work there. Then `sudo nvidia-container-cli -k "
        "-d /dev/tty info` on the host shows the step that fails.",
        needles=(b"nvidia-container-cli",),
    ),
)  # fmt: skip
