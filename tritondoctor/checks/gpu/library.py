"""The libcuda that is loaded, and whether it supports the CUDA of the installed packages."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tritondoctor.checks.gpu import compatibility, rules, words
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, text
from tritondoctor.facts.gpu.model import DriverLibrary, Gpu
from tritondoctor.facts.model import Facts


def _off_the_path(driver_library: DriverLibrary, facts: Facts) -> Remedy:
    folder = driver_library.path.rpartition("/")[0]
    given = facts.variables.get("LD_LIBRARY_PATH", "")
    rest = [part for part in given.split(":") if part.rstrip("/") != folder]
    if len(rest) == len(given.split(":")):
        return Remedy(
            "off-the-path", text("Remove {folder} from the loader's search path", folder=folder)
        )
    command = f"export LD_LIBRARY_PATH={shlex.quote(':'.join(rest))}" if rest else "unset LD_LIBRARY_PATH"
    return Remedy("off-the-path", text("Take its folder off LD_LIBRARY_PATH"), (command,))


@check(
    "libcuda-missing",
    "warning",
    title="The kernel module is loaded, but libcuda.so.1 is not found",
    explanation="Neither tritonserver nor the model's process finds the driver's library. CUDA reports "
    '"driver version is insufficient" even though there is no driver library at all.',
    means="The user-space part of the driver is not installed, or is not where the loader looks.",
    verified="Simulated with a kernel module and without the library. Not on real hardware.",
    by_hand="Install the user-space part of the driver, in the module's exact version.",
    reads=("gpu", "host.distribution"),
)
def libcuda_missing(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "libcuda-missing":
        gpu = facts.gpu
        evidence = (text("libcuda.so.1 is on none of the launch's search paths"), *words.versions(gpu))
        commands: tuple[str, ...] = ()
        if "Debian" in facts.host.distribution:
            commands = ("sudo apt-get install libcuda1",)
        remedy = Remedy("install-libcuda", text("Install it"), commands)
        yield CheckResult({}, evidence, (remedy,), rules.severity(facts))


@check(
    "libcuda-not-loadable",
    "warning",
    title="libcuda.so.1 is found but cannot be loaded",
    explanation="The loader rejects it, or a library that it needs: no CUDA program starts.",
    means="The file is damaged, or the driver is only partly installed.",
    verified="The real libcuda of driver 418 without its libnvidia-fatbinaryloader, and a file that is "
    "not a library: dlopen fails with exactly the reported line; PyTriton serves on the CPU.",
    by_hand="Reinstall the complete user-space part of the driver.",
    reads=("gpu",),
)
def libcuda_not_loadable(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "libcuda-not-loadable":
        libcuda = rules.library(facts.gpu, rules.LIBCUDA)
        message = (text("{message}", message=libcuda.problem),) if libcuda is not None else ()
        yield CheckResult({}, (*message, *words.versions(facts.gpu)), (), rules.severity(facts))


@check(
    "libcuda-is-stub",
    "error",
    title="The libcuda.so.1 that is found is a linker stub, not the driver",
    explanation="A CUDA toolkit's stubs folder is searched before the driver's: every call fails with "
    '"CUDA driver is a stub library".',
    means="…/lib64/stubs is on LD_LIBRARY_PATH. It is meant for linking on machines without a driver.",
    verified="Real starts of PyTriton with a stand-in in such a folder whose cuInit returns 34, with a "
    "card and without: no model is loaded. Reported in NVIDIA/warp#219 and numba#9732.",
    by_hand="Take the stubs folder off LD_LIBRARY_PATH.",
    reads=("gpu",),
)
def libcuda_is_stub(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "libcuda-is-stub":
        libcuda = rules.library(facts.gpu, rules.LIBCUDA)
        remedies = (_off_the_path(libcuda, facts),) if libcuda is not None else ()
        evidence = (*words.versions(facts.gpu), *words.answers(facts.gpu))
        yield CheckResult({}, evidence, remedies, rules.severity(facts))


@check(
    "cuda-compat-refused",
    "error",
    title="The forward-compatibility libcuda is loaded, and CUDA does not start with it",
    explanation="cuda-compat lets data-center GPUs run a newer CUDA on an older driver; {rule}. Every "
    "CUDA program fails with error {code}.",
    means="A cuda-compat folder comes before the driver's own libcuda on the path, as in some images: "
    "804 if the GPU is not a data-center GPU, 803 if the driver is newer than that cuda-compat, or of "
    "a branch that it does not support.",
    verified="A real start of PyTriton with a stand-in in such a folder whose cuInit returns 804: no "
    "model is loaded. Reported in faster-whisper#653, triton-inference-server/server#1838 and (803) "
    "nvidia-container-toolkit#1679. Not on real hardware.",
    by_hand="Take the compat folder off LD_LIBRARY_PATH and /etc/ld.so.conf.d, or update the driver.",
    reads=("gpu.cuda.code",),
)
def cuda_compat_refused(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "cuda-compat-refused":
        libcuda = rules.library(facts.gpu, rules.LIBCUDA)
        remedies = (_off_the_path(libcuda, facts),) if libcuda is not None else ()
        evidence = (*words.versions(facts.gpu), *words.answers(facts.gpu))
        code = facts.gpu.cuda.code if facts.gpu.cuda is not None else None
        yield CheckResult(
            {"code": code, "rule": _COMPAT_RULES.get(code or 0, "")},
            evidence, remedies, rules.severity(facts),
        )  # fmt: skip


_COMPAT_RULES = {
    rules.COMPAT_REFUSED: text("this GPU is not one of them"),
    rules.MISMATCH: text("this library and the kernel's driver do not match"),
}
_NAMES = {"pytriton": "PyTriton", "torch": "torch", "cupy": "CuPy", "jax": "JAX"}
_EFFECTS = {
    True: text("tritonserver continues without CUDA; Python models use their own."),
    False: text("Its first CUDA call fails."),
}


@check(
    "driver-too-old",
    "warning",
    title="The driver is too old for the CUDA that {package} uses",
    explanation="{package} {version} is built for CUDA {cuda}; this driver supports up to "
    "{serves}{rule}. {effect}",
    means="A driver runs all CUDA releases up to its own and, from CUDA 11 on, later ones of the same "
    "major version if its branch is new enough.",
    verified="The rules are NVIDIA's tables, kept with their sources in data/cuda_compatibility.json; "
    "what cuDriverGetVersion says was read from the real libcuda of drivers 418 to 550. Not on real "
    "hardware.",
    by_hand="Update the driver, or install a build for an older CUDA.",
    reads=("gpu.builds", "gpu.present", "gpu.wanted", "pytriton.version"),
)
def driver_too_old(facts: Facts) -> Iterator[CheckResult]:
    gpu = facts.gpu
    if rules.obstacle(facts) or not gpu.present or gpu.wanted == "off":
        return
    for build in gpu.builds:
        if build.cuda and not compatibility.serves(gpu, build.cuda):
            needed = compatibility.oldest_driver(build.cuda)
            own = build.package == "pytriton"
            yield CheckResult(
                {
                    "package": _NAMES[build.package],
                    "version": facts.pytriton.version if own and facts.pytriton else build.version,
                    "cuda": build.cuda,
                    "serves": _served(gpu),
                    "rule": text(
                        "; CUDA {major} needs {driver} or newer",
                        major=build.cuda.split(".")[0],
                        driver=needed,
                    )
                    if needed
                    else "",
                    "effect": _EFFECTS[own],
                },
                (text("{path}: CUDA {cuda}", path=build.path, cuda=build.cuda), *words.versions(gpu)),
                (Remedy("newer-driver", text("Update the driver, or take a build for an older CUDA")),),
                "error" if gpu.wanted == "required" or not own else None,
            )


def _served(gpu: Gpu) -> Text:
    own = compatibility.cuda_of(gpu)
    if own:
        return text("CUDA {release}", release=compatibility.written(own))
    return text("an older release")


RULES = (libcuda_missing, libcuda_not_loadable, libcuda_is_stub, cuda_compat_refused, driver_too_old)
