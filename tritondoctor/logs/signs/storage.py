"""Disks that are full or read-only, folders of other users, and model repositories in a cloud."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, failure
from tritondoctor.support.messages import mark

_CLOUD = (
    "Triton cannot read its model repository in the cloud. Check its address (s3://BUCKET/PATH, with a "
    "server of your own s3://http://HOST:PORT/BUCKET/PATH), the region, and the credentials inside of "
    "the container: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; for gs:// "
    "GOOGLE_APPLICATION_CREDENTIALS; for as:// AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY."
)
_NOT_WRITABLE = (
    "The program may not write there: the place is mounted read-only, or belongs to another user. Give "
    "it a folder of its own: HOME, TMPDIR, HF_HOME or XDG_CACHE_HOME choose most of them; in a container "
    "mount a volume there, owned by the user that runs."
)

SIGNS = (
    failure(
        r"(?i)Could not get MetaData for (?:bucket|object)|Unable to create (?:GCS|S3|AS|Azure) client|"
        r"creating server: .*failed to stat file +(?:s3|gs|as)://",
        "error: creating server: INTERNAL - Could not get MetaData for bucket with name model-storage",
        _CLOUD,
        what=mark("Triton cannot read its model repository in the cloud"),
        source="server#889, server#4454, server#2127, server#5341",
        needles=(b"etaData", b"client", b"Client", b"failed to stat"),
    ),
    cause(
        "workspace-no-space",
        r"/pytriton/(?!.*/proxy/inference).*\nOSError: \[Errno (?:28|122)\] [^\n:]+\s*\Z",
        'File "/e/site-packages/pytriton/triton.py", line 500, in _prepare\\n    shutil.copy(stub, '
        "place)\\nOSError: [Errno 28] No space left on device",
        source="PyTriton's own files on a full tmpfs", plain=True, whole=True,
        path="The file system", needed="more space", free="too little", needles=(b"rror",),
    ),
    failure(
        r"\A(?!.*(?:/pytriton['/]|workspace_\w|synchronize\.py|SemLock|/psm_)).*\n"
        r"(?:PermissionError|OSError): \[Errno (?:13|30)\] [^\n]*\Z",
        'File "/usr/local/bin/pre-commit", line 8, in <module>\\n    sys.exit(main())\\nPermissionError: '
        "[Errno 13] Permission denied: '/home/odoo/.cache'", _NOT_WRITABLE, whole=True,
        what=mark("The program may not write to a file or folder"),
        source="travis2docker#186, tt-forge-models#10", needles=(b"Errno ",),
    ),
)  # fmt: skip

#: what no sign of PyTriton's own places knows
UNKNOWN = (
    failure(
        r"\bavc:  denied  \{.*(?:nvidia|container|docker|podman|conmon|runc).*permissive=0",
        "Aug 30 16:12:35 viola audit[25758]: AVC avc:  denied  { entrypoint } for  pid=25758 "
        "comm=\"nvidia-docker\" path=\"/usr/bin/docker\" permissive=0",
        "SELinux refuses what this line names. `ausearch -m avc -ts recent | audit2why` says which "
        "setting allows it; for the GPU in a container: setsebool -P container_use_devices 1. "
        "`restorecon -Rv FOLDER` sets labels that were changed.",
        what=mark("SELinux refused an access"),
        source="nvidia-docker#814, nvidia-container-runtime#42", needles=(b"avc: ",),
    ),
    failure(
        r"Max retries exceeded with url: .*\(Caused by (?P<why>\w+)",
        "urllib3.exceptions.MaxRetryError: HTTPSConnectionPool(host='raw.example', port=443): Max "
        "retries exceeded with url: /v1-inference.yaml (Caused by "
        "NewConnectionError('<urllib3.connection.HTTPSConnection object at 0x7f2728e11a00>: Failed to "
        "establish a new connection: [Errno 101] Network is unreachable'))", "The line names the server "
        "and, at its end, the reason. No network: bring the file along. A name that does not resolve: "
        "DNS of the container. A proxy or a certificate of your own: https_proxy, REQUESTS_CA_BUNDLE.",
        what=mark("A server on the network was not reached"), source="diffusers#4888",
        needles=(b"Max retries",),
    ),
    failure(
        r"Unicode(?:En|De)codeError: 'ascii' codec can't (?:en|de)code",
        "UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3 in position 499: ordinal not in "
        "range(128)", "Python reads and writes ASCII here, since no locale is set: set LANG=C.UTF-8 (in "
        "a Dockerfile: ENV LANG=C.UTF-8), or PYTHONUTF8=1.",
        what=mark("A text is not ASCII, and no locale is set"),
        source="odoo/docker#129, dexec#26, chineseocr#353", needles=(b"codec can't",),
    ),
    failure(
        r"(?:No space left on device|Disk quota exceeded)(?! *: *'?/dev/shm)",
        "OSError: [Errno 28] No space left on device",
        "A disk is full, or a quota is used up. `df -h` and `df -i` show which one; TMPDIR, HF_HOME and "
        "XDG_CACHE_HOME move what programs write. In a container also /dev/shm (--shm-size) may be "
        "meant.",
        what=mark("A disk is full"),
        source="pip#7745, pinokio#17, OpenNMT-py#373",
        needles=(b"No space left", b"quota exceeded"),
    ),
    failure(
        r"^(?:PermissionError|OSError|IOError): \[Errno (?:13|30)\] |: Read-only file system$|"
        r"Could not install packages due to an (?:OSError|EnvironmentError): \[Errno (?:13|30)\]",
        "OSError: [Errno 30] Read-only file system: '/nonexistent'", _NOT_WRITABLE,
        what=mark("The program may not write to a file or folder"),
        source="wyoming-faster-whisper#27, enroot#216, tt-inference-server#430",
        needles=(b"Errno ", b"Read-only"),
    ),
)  # fmt: skip
