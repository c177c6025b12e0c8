"""PATH and bash, through which Triton starts the stub."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tritondoctor.checks.edits import Variable
from tritondoctor.checks.model import CheckResult, Remedy, check, cure, text
from tritondoctor.facts.model import Facts

_SURPRISES = {
    "exported-exec": "BASH_FUNC_exec%%: an exported function hides the builtin `exec`",
    "noexec": "SHELLOPTS holds noexec: bash reads commands and runs none",
}


@check(
    "path-unset",
    "error",
    title="PATH is not set",
    explanation="PyTriton prepends its Python's folder to PATH, and fails with KeyError: 'PATH' if "
    "there is none.",
    means="A service or container starts the process with an empty environment.",
    verified="A real start without PATH: KeyError.",
    by_hand="Set PATH.",
    reads=("launch.server_path",),
)
def path_unset(facts: Facts) -> Iterator[CheckResult]:
    if facts.launch is not None and facts.launch.server_path is None:
        usual = Variable("PATH", "/usr/local/bin:/usr/bin:/bin")
        yield CheckResult({}, (), (cure("set-path", text("Set it"), usual),))


@check(
    "bash-missing",
    "error",
    title="bash is not found on PATH",
    explanation="Triton starts the stub through bash. Without it the start hangs until PyTriton times "
    "out.",
    means="A slim container without bash, or a PATH that does not include its folder.",
    verified="PATH=/nonexistent and an empty PATH: the start hangs.",
    by_hand="Install bash, or add its folder to PATH.",
    reads=("launch.bash", "launch.bash_elsewhere", "launch.server_path", "variables"),
)
def bash_missing(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is not None and launch.bash is None and launch.server_path is not None:
        if launch.bash_elsewhere:
            folder = os.path.dirname(launch.bash_elsewhere)
            path = ":".join(filter(None, (facts.variables.get("PATH"), folder)))
            remedy = cure("extend-path", text("Add its folder to PATH"), Variable("PATH", path))
        else:
            remedy = Remedy("install-bash", text("Install it"), ("apt-get install bash",))
        yield CheckResult({}, (text("the server's PATH: {path}", path=launch.server_path),), (remedy,))


@check(
    "bash-changes-launch",
    "error",
    title="bash startup settings (BASH_ENV, exported functions) stop the stub from starting",
    explanation="Triton starts the stub through bash, which first runs BASH_ENV and imports exported "
    "functions and SHELLOPTS. With these settings the stub does not start properly.",
    means="BASH_ENV names a file that exits, unsets LD_LIBRARY_PATH or resets PATH; or a function "
    "named exec is exported.",
    verified="BASH_ENV files with exit, unset LD_LIBRARY_PATH and export PATH=…, an exported function "
    "exec, SHELLOPTS with noexec: the start hangs, or the stub uses another Python.",
    by_hand="Unset BASH_ENV (or the function) where PyTriton is started.",
    reads=("launch.bash_env", "launch.bash_env_breaks", "launch.bash_env_effects"),
)
def bash_changes_launch(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or not launch.bash_env_breaks:
        return
    templates = ((effect, _SURPRISES.get(effect, "{effect}")) for effect in launch.bash_env_effects)
    evidence = [text(template, effect=effect) for effect, template in templates]
    if launch.bash_env:
        evidence.insert(0, text("BASH_ENV={path}", path=launch.bash_env))
    yield CheckResult(
        {},
        tuple(evidence),
        (
            cure("unset-variable", text("Unset it"), Variable("BASH_ENV", None))
            if launch.bash_env
            else Remedy("unset-variable", text("Unset it"), ("unset -f exec; unset SHELLOPTS",)),
        ),
    )


RULES = (
    path_unset,
    bash_missing,
    bash_changes_launch,
)
