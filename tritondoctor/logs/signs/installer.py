"""pip, conda and Docker, where PyTriton does not install or its environment does not start."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, effect, failure, passed
from tritondoctor.support.messages import mark

_LOOSEN = (
    "Nothing was installed. Loosen the version that you ask for yourself (PyTriton 0.5.8 and later takes "
    "numpy<2), or give PyTriton an environment of its own."
)
#: what urllib3 says of a connection, without the addresses of objects
_BROKEN = r"(?P<why>\w*(?:Error|Exception|Timeout)\b(?:\(['\"][^'\"(]{3,80}(?=['\"]))?)"

INDEX = (
    cause(
        "package-missing",
        r"the ssl module in Python is not available|because the SSL module is not available",
        "pip is configured with locations that require TLS/SSL, however the ssl module in Python is not "
        "available.", source="pip#5776, certifi#213", plain=True, module="ssl",
        where="pip",
        fix="Install OpenSSL's headers (libssl-dev, openssl-devel) and build this Python again, or use "
        "another Python.", needles=(b"ssl module", b"SSL module"),
    ),
    failure(
        r"\(os error 28\)",
        "  cause: failed to copy file from "
        "/tmp/.tmptkZlgx/archive-v0/eJKsuC/nvidia_pytriton.libs/libarchive-3508abb0.so.13.6.0 to "
        "/e/nvidia_pytriton.libs/.tmprPi1OM: No space left on device (os error 28)",
        "uv found no room. It writes to the environment and to its cache (`uv cache dir`): `df -h` shows "
        "which one is full.", what=mark("uv found no room on a disk"),
        source="uv 0.13 with an environment on 40 MB", needles=(b"os error 28",),
    ),
    cause(
        "package-index-unreachable", r"Retrying \(Retry\(.*after connection broken by ['\"]?" + _BROKEN,
        "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after "
        "connection broken by 'ProxyError('Cannot connect to proxy.', NewConnectionError(\"<pip._vendor."
        'urllib3.connection.HTTPSConnection object at 0x7f27dc02cc80>: Failed to establish a new '
        'connection: '
        "[Errno 111] Connection refused\"))': /simple/nvidia-pytriton/",
        source="pip 23.2 behind a proxy that does not answer; also pip#4459", plain=True,
        needles=(b"Retrying (",),
    ),
    cause(
        "package-index-unreachable", r"Could not fetch URL \S+: (?P<why>.{3,120}?(?= - skipping|: "
        r"HTTP|$)|.{60,120}\b)",
        "Could not fetch URL https://pip.example/simple/pip/: There was a problem confirming the ssl "
        "certificate: HTTPSConnectionPool(host='pip.example', port=443): Max retries exceeded with url: "
        "/simple/pip/ (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] "
        "certificate verify failed: self signed certificate in certificate chain'))) - skipping",
        source="pip's own text (index/collector.py); also certifi#213", plain=True,
        needles=(b"not fetch",),
    ),
    cause(
        "package-index-unreachable",
        r"(?i)(?:cause|caused by|error): Failed to (?:fetch|download):? `?(?P<why>https?://[^\s`]+)",
        "  cause: Failed to fetch: https://pip.example/simple/nvidia-pytriton/",
        source="uv 0.13 behind a proxy that does not answer, and with a name that does not resolve",
        plain=True, needles=(b"Failed to fetch", b"Failed to download"),
    ),
    cause(
        "package-index-unreachable", r"invalid peer certificate: \w+",
        "  Caused by: invalid peer certificate: UnknownIssuer", source="uv#16233", plain=True,
        why=mark("its certificate is not trusted"),
        fix="A proxy signs the connections with a certificate of its own: give uv that one "
        "(SSL_CERT_FILE=FILE), or let it take the system's (UV_SYSTEM_CERTS=1, UV_NATIVE_TLS=1).",
        needles=(b"peer certificate",),
    ),
    cause(
        "package-index-unreachable",
        r"(?:^|[.\s])(?P<why>(?:Read|Connect)TimeoutError): HTTPSConnectionPool\(host='(?P<host>[^']+)'",
        "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='files.example', "
        "port=443): Read timed out.", source="HuangCongQing/Python#6",
        fix="The index answers too slowly: try again with --timeout 60, or use an index nearer to you "
        "(pip install -i URL).", needles=(b"TimeoutError",),
    ),
    cause(
        "package-index-unreachable", r"Download error \(\d+\) [^\[]{3,80}? *\[",
        "warning  libmamba Download error (7) Could not connect to server "
        "[https://conda.example/conda-forge/noarch/repodata.json.zst]", source="mamba#3978, mamba#3536",
        why=mark("conda could not download from it"),
        needles=(b"Download error",),
    ),
    cause(
        "package-index-unreachable",
        r"Conda(?:HTTP|SSL)Error: (?P<why>HTTP 000 CONNECTION FAILED for url|.*SSL.*)",
        "CondaHTTPError: HTTP 000 CONNECTION FAILED for url "
        "<https://conda.example/anaconda/noarch/repodata.json>", source="conda#9837", plain=True,
        needles=(b"CondaHTTP", b"CondaSSL"),
    ),
    cause(
        "package-index-unreachable",
        r"407 Client Error: Proxy Authentication|407 (?i:authentication ?required)|"
        r"^ProxyError: Conda cannot proceed due to",
        "ProxyError: Conda cannot proceed due to an error in your proxy configuration.", plain=True,
        source="conda#12013, conda#731, anaconda-issues#4054",
        why=mark("the proxy refuses the connection, or asks for a login"),
        needles=(b"407 ", b"ProxyError"),
    ),
    passed(
        "package-index-unreachable", r"^(?:Successfully installed |Would install |Requirement already "
        r"satisfied|Installed \d+ packages? in)",
        "Successfully installed nvidia-pytriton-0.7.0", source="pip, uv",
        needles=(b"fully installed", b"Would install", b"Installed ", b"already satisfied"),
    ),
)  # fmt: skip

SIGNS = (
    cause(
        "no-wheel-fits", r"No matching distribution found for pytriton\b(?P<release>\S*)",
        "ERROR: No matching distribution found for pytriton==0.7.0", source="pip 23.2", plain=True,
        ends=True,
        fix="The package is called nvidia-pytriton: pip install nvidia-pytriton",
        needles=(b"No matching",),
    ),
    cause(
        "no-wheel-fits", r"(?P<name>(?=\S*pytrit)\S+) was not found in the package registry",
        "  cause: Because nvidia-pytritn was not found in the package registry and you require "
        "nvidia-pytritn, we can conclude that your requirements are unsatisfiable.", source="uv 0.13",
        plain=True, ends=True, fix="The package is called nvidia-pytriton.",
        needles=(b"package registry",),
    ),
    cause(
        "no-wheel-fits", r"there is no version of nvidia-pytriton(?P<release>\S*)",
        "  cause: Because there is no version of nvidia-pytriton==9.9 and you require "
        "nvidia-pytriton==9.9, "
        "we can conclude that your requirements are unsatisfiable.", source="uv 0.13", plain=True,
        ends=True,
        fix="There is no such release: `pip index versions nvidia-pytriton` lists them.",
        needles=(b"no version of",),
    ),
    cause(
        "no-wheel-fits",
        r"No matching distribution found for (?:nvidia[-_]pytriton|pytriton)(?P<release>\S*)",
        "ERROR: No matching distribution found for nvidia-pytriton==0.7.0", plain=True, ends=True,
        source="pip with --platform manylinux_2_34_x86_64; also pytriton#44",
        others=("package-index-unreachable",), needles=(b"No matching",),
    ),
    cause(
        "no-wheel-fits",
        r"nvidia[-_]pytriton-(?P<release>[^\s-]+)-\S+(?<=\.whl) is not a supported wheel",
        "ERROR: nvidia_pytriton-0.7.0-py3-none-manylinux_2_35_x86_64.whl is not a supported wheel on "
        "this platform.", source="pip on Debian 11", plain=True, ends=True,
        needles=(b"supported wheel",),
    ),
    cause(
        "no-wheel-fits", r"nvidia-pytriton(?P<release>\S*) ha(?:s|ve) no wheels with a matching",
        "  cause: Because all versions of nvidia-pytriton have no wheels with a matching platform tag "
        "(e.g., `macosx_13_0_arm64`)", source="uv with --python-platform macos", plain=True, ends=True,
        needles=(b"no wheels with",),
    ),
    cause(
        "no-wheel-fits", r"all versions of nvidia-pytriton depend on Python",
        "  cause: Because the requested Python version (>=3.7) does not satisfy Python>=3.8,<4 and all "
        "versions of nvidia-pytriton depend on Python>=3.8,<4", source="uv with --python-version 3.7",
        plain=True, ends=True, needles=(b"depend on Python",),
    ),
    cause(
        "packages-in-conflict",
        r"^(?:ERROR: )?(?P<who>[\w.-]+ \S+) requires (?P<wants>[^,]+(?:,[^,]+?)*), but you have "
        r"(?P<have>[\w.-]+ \S+) which is incompatible",
        "nvidia-pytriton 0.7.0 requires numpy<2.0.0,>=1.21, but you have numpy 2.3.5 which is "
        "incompatible.", source="pip; also pytriton#93", weak=True, needles=(b"ompatible",),
    ),
    cause(
        "packages-in-conflict",
        r"(?P<who>nvidia[-_]pytriton(?:[=<>~!]\S+| \d\S*)?) depends on "
        r"(?P<wants>(?!Python)[a-z][\w.-]*\[?[^ ]+"
        r"(?: and [<>=!~]\S+)?)",
        "    nvidia-pytriton 0.7.0 depends on numpy<2.0.0 and >=1.21",
        source="pip 23.2 and uv 0.13, asked for nvidia-pytriton==0.7.0 and numpy>=2.1",
        have="what else was asked for", fix=_LOOSEN, needles=(b"depends on",),
    ),
    cause(
        "packages-in-conflict", r"(?:LibMamba)?UnsatisfiableError: (?:Encountered problems|The "
        r"following)",
        "LibMambaUnsatisfiableError: Encountered problems while solving:", source="mamba#3208, "
        "conda#11355",
        who="the requested packages", wants="versions that exclude each other", have="conda's other "
        "packages",
        fix=_LOOSEN, needles=(b"nsatisfiable",),
    ),
    cause(
        "packages-in-conflict",
        r"^(?:Problem:| *-) nothing provides (?:requested )?(?P<wants>\S+).* needed by (?P<who>\S+)",
        "  - nothing provides boost 1.78.0.* needed by oneclient-21.02.2-py39",
        source="conda#12912, smart-tree#2", have=mark("what conda's channels have"),
        fix="No channel that conda searches has what is needed: add the channel that has it (-c "
        "conda-forge), or ask for another version. A name that begins with __ stands for this machine "
        "(__glibc, __cuda): `conda info` shows it, and an old conda does not know it.",
        needles=(b"nothing provides",),
    ),
    cause(
        "packages-in-conflict", r"ResolutionImpossible|conflicting dependencies",
        "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/"
        "dependency-resolution/#dealing-with-dependency-conflicts", source="pip",
        who="the requested packages", wants="versions that exclude each other", have="the installed ones",
        needles=(b"Impossible", b"onflicting"),
    ),
    cause(
        "not-in-conda-channels",
        r"PackagesNotFound(?:InChannels)?Error: The following packages are not available|"
        r"does not exist \(perhaps a (?:typo|missing channel)",
        "PackagesNotFoundInChannelsError: The following packages are not available from current "
        "channels:",
        source="conda 26.7, asked for nvidia-pytriton; also conda#13060", plain=True, ends=True,
        needles=(b"NotFound", b"does not exist"),
    ),
    cause(
        "conda-not-initialised",
        r"Run 'conda init' before 'conda activate'|not been properly configured to use 'conda activate'|"
        r"\bconda[:\uff1a] ?(?:command )?not found|(?:command not found|Unknown command): conda\b",
        "CondaError: Run 'conda init' before 'conda activate'", source="conda 26.7 in a script of bash",
        plain=True, needles=(b"conda activate", b"not found", b"Unknown command"),
    ),
    cause(
        "image-for-another-processor",
        r"^(?i:exec(?: container process)?:? \S+ exec format error|"
        r".*exec user process caused.*exec format error)",
        "exec /usr/local/bin/python3: exec format error", plain=True, ends=True,
        source="docker-library/python#798, SWE-agent#180", needles=(b"format error",),
    ),
    cause(
        "image-for-another-processor",
        r"^(?:rosetta error: failed to open elf at|qemu-\w+: Could not open) '?/lib",
        "rosetta error: failed to open elf at /lib64/ld-linux-x86-64.so.2", plain=True, ends=True,
        source="docker/for-mac#7644, stf#763", needles=(b"rosetta", b"qemu-"),
    ),
    cause(
        "image-for-another-processor",
        r"platform \(linux/\w+\S*\) does not match the (?:detected host|specified)",
        "WARNING: The requested image's platform (linux/amd64) does not match the detected host platform "
        "(linux/arm64/v8) and no specific platform was requested", weak=True,
        source="dock-droid#16, llm-sandbox#122", needles=(b"not match",),
    ),
    failure(
        r"Could not install packages due to an OSError: \[Errno 28\]",
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "pip found no room. It writes to the environment, to the folder of TMPDIR, and to its cache: "
        "`df -h` shows which one is full.", what=mark("pip found no room on a disk"),
        source="particleflow#371, action-setup-venv#13", needles=(b"not install",),
    ),
    failure(
        r"Could not install packages due to an OSError: \[Errno 13\]",
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: "
        "'/usr/local/lib/python3.10/dist-packages/pytriton'",
        "pip may not write there. Make an environment of your own: python3 -m venv .venv",
        what=mark("pip may not write to the environment"),
        source="pip's own text (commands/install.py)", needles=(b"not install",),
    ),
    failure(
        r"^(?:ERROR: )?Package '(?P<name>[^']+)' requires a different Python: ",
        "ERROR: Package 'lm-eval' requires a different Python: 3.7.12 not in '>=3.8'",
        "This Python is too old or too new for the package. Make an environment with another one: "
        "conda create -n NAME python=3.11, or uv venv --python 3.11.",
        what=mark("A package does not support this Python"),
        source="lm-evaluation-harness#155",
        needles=(b"different Python",),
    ),
    failure(
        r"environment was not created successfully because ensurepip",
        "The virtual environment was not created successfully because ensurepip is not",
        "Debian and Ubuntu keep venv in a package of its own: apt install python3-venv. Then delete the "
        "folder that was begun, and make the environment again.",
        what=mark("Python's venv is incomplete"),
        source="laradock#3269",
        needles=(b"ensurepip",),
    ),
    failure(
        r"only a placeholder project on ",
        "RuntimeError: The package you are trying to install is only a placeholder project on PyPI "
        "repository.", "This package comes from NVIDIA's own package index: add --extra-index-url with "
        "the address that "
        "its installation guide names.",
        what=mark("A package comes from NVIDIA's own index only"),
        source="cudf#14532", needles=(b"placeholder project",),
    ),
    failure(
        r"Permission denied \(os error 13\)",
        '  Caused by: Permission denied (os error 13) at path "/usr/local/lib/python3.12/dist-packages"',
        "uv may not write there. Make an environment of your own: uv venv",
        what=mark("uv may not write to the environment"),
        source="uv#15677",
        needles=(b"os error 13",),
    ),
    failure(
        r"^(?:NoWritablePkgsDir|NoWritableEnvsDir|NotWritable|EnvironmentNotWritable)Error: ",
        "NoWritablePkgsDirError: No writeable pkgs directories configured.",
        "conda may not write there: folders below ~/.conda or the environment belong to another user, "
        "often to "
        "root after `sudo conda`. Give them back: sudo chown -R $USER ~/.conda; or use an environment of "
        "your own.",
        what=mark("conda may not write to its folders"),
        source="conda#9080, anaconda-issues#8149", needles=(b"Writable",),
    ),
    failure(
        r"^error: externally-managed-environment|^error: The interpreter at \S+ is externally managed",
        "error: externally-managed-environment",
        "This Python belongs to the system. Make an environment of your own: python3 -m venv .venv",
        what=mark("pip may not install into the system's Python"),
        source="pip and uv on Debian 12; also Pi.Alert#129", needles=(b"externally",),
    ),
    effect(
        r"Failed building wheel for \S|Could not build wheels for \S|Failed to build installable wheels|"
        r"^\W*Failed to build `\S+`",
        "ERROR: Could not build wheels for python-rapidjson, which is required to install "
        "pyproject.toml-based projects",
        "The package index has no wheel of this package for this Python and machine, and building one "
        "failed. Take a Python for which it has wheels (`tritondoctor check` names those of PyTriton), "
        "or install a compiler.", source="python-rapidjson#200; also python-rapidjson#189", ends=True,
        needles=(b"wheel", b"Failed to build"),
    ),
    failure(
        r"EnvironmentNameNotFound: |EnvironmentLocationNotFound: |^Not a conda environment: ",
        "EnvironmentNameNotFound: Could not find conda environment: triton",
        "conda has no environment of that name or in that folder. `conda env list` shows those that it "
        "has.", what=mark("conda has no such environment"), source="conda's own text (exceptions.py)",
        needles=(b"conda environment", b"NotFound: "),
    ),
    failure(
        r"No virtual environment found; run `uv venv`",
        "error: No virtual environment found; run `uv venv` to create an environment, or pass "
        "`--system` to install into a non-virtual environment",
        "uv installs into an environment only. Make one: uv venv",
        what=mark("uv has no environment to install into"), source="uv 0.13",
        needles=(b"virtual environment",),
    ),
    failure(
        r"THESE PACKAGES DO NOT MATCH THE HASHES|^error: Hash-checking is required",
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated "
        "the package versions, please update the hashes.",
        "Nothing was installed: a file is not the one whose hash the requirements name (another "
        "release, a mirror, a download that was changed), or a hash is missing "
        "there.", what=mark("A package's file does not have the hash that is required"),
        source="pip 23.2, uv 0.13", needles=(b"MATCH THE HASHES", b"Hash-checking"),
    ),
)  # fmt: skip
