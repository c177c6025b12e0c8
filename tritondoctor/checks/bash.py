"""PATH and bash, through which Triton starts the stub."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Optional

from tritondoctor.checks.edits import Variable
from tritondoctor.checks.model import CheckResult, Remedy, Severity, check, cure, text
from tritondoctor.facts.model import Facts

_SURPRISES = {
    "exec()": "a function hides the builtin `exec` (BASH_FUNC_exec%%)",
    "exec": "the builtin `exec` is disabled, or an alias hides it",
    "while": "a loop has no end",
    "noexec": "noexec is set (SHELLOPTS): bash reads commands and runs none",
    "restricted": "the shell is restricted: `exec` of a path is refused",
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
        yield CheckResult({}, (), (cure("set-path", text("Set PATH to the usual folders"), usual),))


@check(
    "bash-missing",
    "error",
    title="bash is not found on PATH",
    explanation="Triton starts the stub through bash. Without it the start hangs until PyTriton times "
    "out.",
    means="A slim container without bash, or a PATH that does not include its folder.",
    verified="PATH=/nonexistent and an empty PATH: the start hangs; so it does where `bash` is a link to "
    "`true` or to a busybox without such a shell. dash, zsh and mksh under that name serve.",
    by_hand="Install bash, or add its folder to PATH.",
    reads=(
        "launch.bash",
        "launch.bash_elsewhere",
        "launch.bash_refused",
        "launch.server_path",
        "variables",
    ),
)
def bash_missing(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is not None and launch.bash is None and launch.server_path is not None:
        if launch.bash_elsewhere:
            folder = os.path.dirname(launch.bash_elsewhere)
            parts = [facts.variables.get("PATH"), folder]
            path = ":".join(filter(None, reversed(parts) if launch.bash_refused else parts))
            remedy = cure("extend-path", text("Add its folder to PATH"), Variable("PATH", path))
        else:
            remedy = Remedy("install-bash", text("Install it"), ("apt-get install bash",))
        evidence = [text("the server's PATH: {path}", path=launch.server_path)]
        if launch.bash_refused:
            evidence.append(text("{file} is another program", file=launch.bash_refused))
        yield CheckResult({}, tuple(evidence), (remedy,))


@check(
    "bash-changes-launch",
    "error",
    title="What bash runs before the stub (BASH_ENV, functions, a wrapper) {consequence}",
    explanation="Triton starts the stub through bash, which first runs BASH_ENV and imports exported "
    "functions and SHELLOPTS; what is called bash on PATH may be a script. {why}",
    means="BASH_ENV names a file that exits, unsets LD_LIBRARY_PATH or resets PATH; or a function "
    "named exec is exported; or a script named bash changes the variables.",
    verified="BASH_ENV files with exit, unset LD_LIBRARY_PATH and export PATH=…, set -n, ulimit -n 20, "
    "sleep 3600, enable -n exec, an alias or an exported function exec, SHELLOPTS with noexec, a script "
    "named bash that unsets LD_LIBRARY_PATH or adds -r: the start hangs, or it is another Python. "
    "Functions that are not called, here-documents and branches that are not taken do no harm.",
    by_hand="Unset BASH_ENV (or the function) where PyTriton is started.",
    reads=(
        "launch.bash_elsewhere",
        "launch.bash_env",
        "launch.bash_env_breaks",
        "launch.bash_env_effects",
        "launch.bash_env_may_break",
        "launch.bash_script",
        "variables",
    ),
)
def bash_changes_launch(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or not (launch.bash_env_breaks or launch.bash_env_may_break):
        return
    effects = launch.bash_env_effects if launch.bash_env_breaks else launch.bash_env_may_break
    templates = ((effect, _SURPRISES.get(effect, "{effect}")) for effect in effects)
    evidence = [text(template, effect=effect) for effect, template in templates]
    if launch.bash_env:
        evidence.insert(0, text("BASH_ENV={path}", path=launch.bash_env))
    if launch.bash_script:
        evidence.insert(0, text("bash is a script: {path}", path=launch.bash_script))
    fields = {
        "consequence": text("keeps it from starting"),
        "why": text("With these settings the stub does not start properly."),
    }
    if not launch.bash_env_breaks:
        fields = {
            "consequence": text("may keep it from starting"),
            "why": text("Whether these lines are run depends on what the doctor does not know."),
        }
    severity: Optional[Severity] = None if launch.bash_env_breaks else "warning"
    yield CheckResult(fields, tuple(evidence), _other_bash(facts), severity)


def _other_bash(facts: Facts) -> tuple[Remedy, ...]:
    launch = facts.launch
    if launch is None:
        return ()
    if launch.bash_env:
        return (
            cure("unset-variable", text("Unset {names}", names="BASH_ENV"), Variable("BASH_ENV", None)),
        )
    elsewhere = launch.bash_elsewhere
    if launch.bash_script and elsewhere not in (None, launch.bash_script):
        folder = os.path.dirname(elsewhere or "")
        path = ":".join(filter(None, (folder, facts.variables.get("PATH"))))
        return (cure("other-bash", text("Put the system's bash first"), Variable("PATH", path)),)
    if launch.bash_script:
        return ()
    return (
        Remedy(
            "unset-variable",
            text("Take away what bash gets from this shell"),
            ("unset -f exec; unset SHELLOPTS",),
        ),
    )


RULES = (
    path_unset,
    bash_missing,
    bash_changes_launch,
)
