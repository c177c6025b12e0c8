"""pip, conda and Docker, where PyTriton does not install or its environment does not start."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, effect

SIGNS = (
    cause(
        "no-wheel-fits",
        r"No matching distribution found for (?:nvidia[-_]pytriton|pytriton)(?P<release>\S*)",
        "ERROR: No matching distribution found for nvidia-pytriton==0.7.0", plain=True, ends=True,
        source="pip with --platform manylinux_2_34_x86_64; also pytriton#44", needles=(b"No matching",),
    ),
    cause(
        "no-wheel-fits", r"nvidia[-_]pytriton-(?P<release>\S+?)-\S+\.whl is not a supported wheel",
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
        "incompatible.", source="pip; also pytriton#93", needles=(b"ompatible",),
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
        r"(?i)^exec(?: container process)?:? \S+ exec format error|exec user process caused.*exec format "
        r"error",
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
    effect(
        r"Could not install packages due to an OSError: \[Errno 28\]",
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "pip found no room. It writes to the environment, to the folder of TMPDIR, and to its cache: "
        "`df -h` shows which one is full.", source="pip's own text (commands/install.py)", ends=True,
        needles=(b"not install",),
    ),
    effect(
        r"Could not install packages due to an OSError: \[Errno 13\]",
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: "
        "'/usr/local/lib/python3.10/dist-packages/pytriton'",
        "pip may not write there. Make an environment of your own: python3 -m venv .venv",
        source="pip's own text (commands/install.py)", ends=True,
        needles=(b"not install",),
    ),
    effect(
        r"^error: externally-managed-environment",
        "error: externally-managed-environment",
        "This Python belongs to the system. Make an environment of your own: python3 -m venv .venv",
        source="pip on Debian 12", ends=True, needles=(b"externally",),
    ),
)  # fmt: skip
