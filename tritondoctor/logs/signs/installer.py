"""pip, where PyTriton does not install or does not fit what is there."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause

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
)  # fmt: skip
