"""Packages that are compiled here, and what apt, pip's resolver of old, uv and conda refuse."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, failure
from tritondoctor.support.messages import mark

_UNPLACED = (
    'Nothing was installed. The lines after "Because" name the versions that exclude each other, or '
    "that do not exist. Loosen what you ask for, or take another Python; with an extra index: "
    "--index-strategy unsafe-best-match lets uv look at all of them."
)

SIGNS = (
    failure(
        r"fatal error: Python\.h: No such file",
        "/tmp/pip-install-2xzoq38a/neuroglancer/ext/src/_neuroglancer.cc:9:10: fatal error: Python.h: No "
        "such file or directory",
        "A package is compiled here, since the index has no wheel of it for this Python, and Python's "
        "headers are missing: apt install python3-dev (for another Python: python3.X-dev). Or use a "
        "Python for which there is a wheel.",
        what=mark("Python's headers are missing, and a package has to be compiled"),
        source="neuroglancer#191, atropos#142, clodius#9", needles=(b"Python.h",),
    ),
    failure(
        # (a compiler speaks so of any program: only where pip or setuptools runs it)
        r"(?:\bpip-|\bbuild/(?:temp|lib|bdist)\b|-packages/).*"
        r"fatal error: '?[\w./+-]+\.(?:h|hpp|hh|cuh)'?(?:: No such file| file not found)",
        "build/temp.linux-x86_64-cpython-310/notmuch2._capi.c:572:14: fatal error: notmuch.h: No such "
        "file or directory",
        "A package is compiled here, since the index has no wheel of it for this Python, and the headers "
        "of a library are missing: install its development package (named lib...-dev or ...-devel). Or "
        "use a Python for which there is a wheel.",
        what=mark("A header file is missing, and a package has to be compiled"),
        source="lieer#234, scrapy#2115", needles=(b"fatal error",),
    ),
    failure(
        r"\bld: (?:cannot find -l|library not found for -l)",
        "/usr/bin/ld: cannot find -lcuda: No such file or directory",
        "A package is compiled here, and the linker does not find the library that the line names. For "
        "-lcuda: the driver is not installed, or libcuda.so (without .1) is missing: LIBRARY_PATH="
        "/usr/local/cuda/lib64/stubs while building. For others: the library's development package.",
        what=mark("A library is missing, and a package has to be linked with it"),
        source="FastChat#2207, pycuda#55, fish-speech#84", needles=(b"ld: ",),
    ),
    failure(
        r"nvcc was not found|CUDA_HOME environment variable is not set",
        "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.",
        "A package is compiled here, and CUDA's compiler (nvcc) is not there. Take a wheel that was "
        "built for this PyTorch, CUDA and Python; or install CUDA's toolkit in the version of "
        "torch.version.cuda, and set CUDA_HOME to its folder. In a container: an image whose name has "
        "`devel`.",
        what=mark("CUDA's compiler is missing, and a package has to be compiled"),
        source="flash-attention#1736, Mistral-DNA#1, cuda-toolkit#374",
        needles=(b"nvcc was", b"CUDA_HOME"),
    ),
    failure(
        r"The detected CUDA version \([\d.]+\) mismatches the version that was used to compile",
        "The detected CUDA version (11.8) mismatches the version that was used to compile",
        "A package is compiled here for the PyTorch that is installed, and CUDA's compiler (nvcc) is of "
        "another version. Install CUDA's toolkit in the version of torch.version.cuda and set CUDA_HOME "
        "to its folder, or install a PyTorch for the CUDA that is there.",
        what=mark("CUDA's compiler and PyTorch are of different versions of CUDA"),
        source="AutoAlign#25, OpenPCDet#1275, EmbodiedOcc2#6", needles=(b"detected CUDA",),
    ),
    cause(
        "package-missing", r"No module named '(?P<module>distutils|pkg_resources)(?:\.\w+)*'",
        "ModuleNotFoundError: No module named 'distutils'", source="portalocker#86, pipupgrade#160",
        where=mark("a program that was written for an older Python"),
        fix="Python 3.12 and later come without it. `pip install setuptools` brings it (pkg_resources: "
        "setuptools<81); else use Python 3.11, or a newer release of the package that imports it.",
        needles=(b"No module",),
    ),
    cause(
        "packages-in-conflict",
        r"^(?:ERROR: )?(?P<who>[\w.-]+ \S+) has requirement (?P<wants>[^,]+(?:,[^,]+?)*), but "
        r"you'?(?:ll)? have (?P<have>[\w.-]+ \S+) which is incompatible",
        "ERROR: tensorflow 2.1.0 has requirement protobuf>=3.8.0, but you'll have protobuf 3.6.1 which "
        "is incompatible.", source="typedb-driver-python#101", weak=True, needles=(b"has requirement",),
    ),
    cause(
        "packages-in-conflict",
        r"VersionConflict: \((?P<have>[\w.-]+ \S+) \([^)]*\), Requirement\.parse\('(?P<wants>[^']+)'\)",
        "pkg_resources.ContextualVersionConflict: (Twisted 17.1.0 (/e/lib/python3.6/site-packages), "
        "Requirement.parse('twisted[tls]!=17.1.0'), {'txkube'})",
        source="kubetop#34, towhee#1913, hangups#70", plain=True, who=mark("the program"),
        fix="Install the version that is required: pip install -U 'NAME...' with the requirement of this "
        "line. Or give it an environment of its own.", needles=(b"VersionConflict",),
    ),
    cause(
        "packages-in-conflict", r"No solution found when resolving (?:tool )?dependencies",
        "  \u00d7 No solution found when resolving dependencies:", source="uv#4303, uv#10604, uv#4890",
        who=mark("the requested packages"), wants=mark("versions that exclude each other, or that do not "
        "exist"), have=mark("what the index has"), weak=True, fix=_UNPLACED,
        needles=(b"No solution found",),
    ),
    failure(
        r"No matching distribution found for (?!nvidia[-_]pytriton|pytriton)",
        "ERROR: No matching distribution found for nvidia-tensorrt==8.4.1.5",
        "pip found no file of this version for this Python, system and processor. The line before lists "
        "\"from versions\": ask for one of these. Where it says none, compare the name, the Python "
        "version and the processor with the package's page. A package of another index needs "
        "that index: --index-url.",
        what=mark("pip finds no version of a package that fits"),
        source="ViTPose-Pytorch#6, triton#7050, unsloth#5358, TensorRT#1426",
        needles=(b"No matching",),
    ),
    failure(
        r"^E: (?:Unable to correct problems, you have held broken packages|Unmet dependencies)|"
        r"have unmet dependencies[:.]",
        "E: Unable to correct problems, you have held broken packages.",
        "apt finds no set of versions that fits: the lines \"Depends:\" name what is missing or "
        "held back. `apt-get update` first; `apt --fix-broken install` after an installation that broke "
        "off; take repositories of other releases or vendors out of /etc/apt/sources.list.d.",
        what=mark("apt finds no packages that fit each other"),
        source="nvidia-docker#902, nvidia-docker#1022, nvidia-docker#1049",
        needles=(b"broken packages", b"nmet dependencies"),
    ),
    failure(
        r"^E: Failed to fetch |^[EW]: .*does not have a Release file|"
        r"^E: The repository .* (?:is not signed|does no longer have)",
        "E: Failed to fetch "
        "https://nvidia.example/libnvidia-container/stable/ubuntu16.04/amd64/Packages  "
        "gnutls_handshake() failed: Error in the push function.",
        "apt did not get a repository's list: the network or a proxy is in the way "
        "(Acquire::https::Proxy), or the repository does not serve this release: correct its line in "
        "/etc/apt/sources.list.d.",
        what=mark("apt did not get the list of a repository"),
        source="libnvidia-container#160, nvidia-container-toolkit#409",
        needles=(b"E: ", b"Release file"),
    ),
    failure(
        r"^(?:InvalidArchiveError|CondaVerificationError|ChecksumMismatchError|SafetyError)\b",
        "InvalidArchiveError('Error with archive /opt/conda/pkgs/cudnn-7.6.0-cuda9.0_0.conda.  You "
        "probably need to delete and re-download or re-create this file.')",
        "A package in conda's cache is damaged, or could not be unpacked: make room on the disk, then "
        "`conda clean --packages --tarballs`, and install again.",
        what=mark("A package in conda's cache is damaged"),
        source="conda#8923, conda#15683",
        needles=(b"InvalidArchive", b"CondaVerification", b"ChecksumMismatch", b"SafetyError"),
    ),
)  # fmt: skip
