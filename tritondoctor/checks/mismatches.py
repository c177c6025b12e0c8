"""Versions that do not fit each other, where only a log shows it."""

from __future__ import annotations

from tritondoctor.checks.only_in_logs import in_logs

ANOTHER_COPY_LOADED = in_logs(
    "another-copy-loaded",
    title="Another copy of {library} was loaded first",
    explanation="{who} needs {symbol}, which this copy does not have. The loader takes the first copy "
    "that it finds: LD_PRELOAD, RPATH, LD_LIBRARY_PATH, RUNPATH, then the system; a copy that the "
    "process has loaded before stays.",
    means="Two releases of a library are on the machine, such as CUDA from /usr/local/cuda beside the "
    "one that pip installed with torch, or conda's beside the system's; the wrong one comes first.",
    verified="Reported in deepmd-kit#2241, PaddleSeg#3215, conda#12917; libraries compiled for the test "
    "were really loaded in both orders.",
    by_hand="`tritondoctor libs FILE` shows which copy is found, and by which rule. Take its folder off "
    "LD_LIBRARY_PATH or LD_PRELOAD, or make both libraries of one release.",
)
PACKAGE_LACKS_NAME = in_logs(
    "package-lacks-name",
    title="The module {module} has no {name}",
    explanation="The module is there, but not as its user expects: it is another version, or another "
    "file of that name is imported in its place.",
    means="An import of a name failed, not that of a module: installing the package again changes "
    "nothing unless the version changes.",
    verified="A module imported by the name of one of the standard library, beside the script.",
    by_hand='`python -c "import MODULE; print(MODULE.__file__)"` shows which file is imported. Rename it '
    "if it is yours; else install the version that the importing package requires (`pip check`).",
)
STATIC_TLS_FULL = in_logs(
    "static-tls-full",
    title="{file} is loaded too late: no room for its thread-local variables",
    explanation="glibc reserves little space for such variables (static TLS) of libraries that are "
    "loaded while the program runs, and other libraries have used it up.",
    means="Libraries such as libgomp, jemalloc and tcmalloc expect to be loaded at the start of a "
    "program; imported late, they do not fit any more.",
    verified="Reported in server#4952, FATE#4790, NVTabular#1280, jemalloc#937; not reproduced here.",
    by_hand="Load it first: import its package before the others, or start with LD_PRELOAD set to that "
    "file, or with GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 (glibc 2.32 or newer).",
)
BACKEND_OF_ANOTHER_RELEASE = in_logs(
    "backend-of-another-release",
    title="The backend {file} does not fit this tritonserver",
    explanation="It needs {symbol}, which this server does not have: backend and server are of different "
    "releases of Triton.",
    means="A backend's library was copied from, or built for, another release of Triton than the server "
    "that loads it.",
    verified="Reported in server#3607; not reproduced here.",
    by_hand="Use backend and server of one release (both from one container, or PyTriton's own).",
)
CUDA_NEWER_THAN_DRIVER = in_logs(
    "cuda-newer-than-driver",
    title="GPU code was compiled with a newer CUDA than this driver knows",
    explanation="The driver translates such code (PTX) on the machine, and cannot read that of a newer "
    "toolkit; the model does not load.",
    means="Triton, or a library of the model, was built with a CUDA toolkit that is newer than the "
    "driver's CUDA (nvidia-smi shows it).",
    verified="Reported in server#5197 and seldon-core#5029; not reproduced here.",
    by_hand="Update the driver, or use a build for an older CUDA. `tritondoctor check` compares the two.",
)

RULES = (
    ANOTHER_COPY_LOADED, PACKAGE_LACKS_NAME, STATIC_TLS_FULL,
    BACKEND_OF_ANOTHER_RELEASE, CUDA_NEWER_THAN_DRIVER,
)  # fmt: skip
