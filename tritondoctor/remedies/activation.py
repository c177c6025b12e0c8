"""Scripts that set variables while an environment is active, for sh, fish and csh.

What a variable held is kept in one of ours: `x` and the value, or nothing where it was not set.  Its
name holds a hash of the prefix, since environments are activated on top of each other.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import NamedTuple

from tritondoctor.facts.conda.activation import OURS
from tritondoctor.remedies.operations import Operation, PutFile, RemedyError
from tritondoctor.support.digests import sha256
from tritondoctor.support.reading import Limit, Unreadable, read_text

HEAD = "# Written by tritondoctor; `tritondoctor undo` takes it away.\n"
SHELLS = ("sh", "fish", "csh")
NAME = "tritondoctor"


class ActivatedVariable(NamedTuple):
    """A variable and its value while the environment is active; `prepend`: before what it holds."""

    name: str
    value: str
    prepend: bool

    def __str__(self) -> str:
        return f"{self.name}={self.value}" + (f":${self.name}" if self.prepend else "")


def while_active(variables: Mapping[str, str], settings: Sequence[ActivatedVariable]) -> dict[str, str]:
    """The variables after activation, as the scripts leave them."""
    after = dict(variables)
    for setting in settings:
        before = after.get(setting.name, "") if setting.prepend else ""
        after[setting.name] = f"{setting.value}:{before}" if before else setting.value
    return after


def for_conda(prefix: str, settings: Sequence[ActivatedVariable], folder: str) -> tuple[Operation, ...]:
    """conda sources what lies in these folders (conda's documentation, "Saving environment
    variables"), in the order of the names, and when it leaves in the opposite order; mamba and
    micromamba do the same.
    """
    puts: list[Operation] = []
    for stage in ("activate", "deactivate"):
        for shell in SHELLS:
            source = _written(folder, f"{NAME}-{stage}.{shell}", script(stage, shell, prefix, settings))
            puts.append(PutFile(f"{prefix}/etc/conda/{stage}.d/{OURS}.{shell}", source))
    return tuple(puts)


def for_venv(prefix: str, settings: Sequence[ActivatedVariable], folder: str) -> tuple[Operation, ...]:
    """Scripts beside the environment's own, which source them.  Raises RemedyError where the
    environment has none that are known.
    """
    puts: list[Operation] = []
    for shell, name in (("sh", "activate"), ("fish", "activate.fish"), ("csh", "activate.csh")):
        path = f"{prefix}/bin/{name}"
        try:
            text = read_text(path, Limit.SETTINGS, errors="surrogateescape")
        except Unreadable:
            continue
        changed = _sourcing(text, shell, f"{prefix}/bin/{NAME}")
        if changed is None:
            continue
        puts.append(PutFile(path, _written(folder, name, changed, like=path)))
        for stage in ("activate", "deactivate"):
            source = _written(folder, f"{NAME}-{stage}.{shell}", script(stage, shell, prefix, settings))
            puts.append(PutFile(f"{prefix}/bin/{NAME}-{stage}.{shell}", source))
    if not puts:
        raise RemedyError(f"{prefix}/bin has no activate script of a known form")
    return tuple(puts)


#: where each shell's script defines `deactivate`, and what is put before the first thing that it does
_DEACTIVATE = {
    "sh": (re.compile(r"^deactivate *\(\) *\{\n", re.M), "    if [ -r {0} ]; then . {0}; fi\n"),
    "fish": (re.compile(r"^function deactivate\b.*\n", re.M), "    test -r {0}; and source {0}\n"),
    "csh": (re.compile(r"^alias deactivate '", re.M), 'source "{0}"; '),
}
_ACTIVATE = {
    "sh": "\nif [ -r {0} ]; then . {0}; fi\n",
    "fish": "\ntest -r {0}; and source {0}\n",
    "csh": '\nsource "{0}"\n',
}


def _sourcing(text: str, shell: str, stem: str) -> str | None:
    """An activate script that sources ours too; None where it is of another form."""
    place, before = _DEACTIVATE[shell]
    match = place.search(text)
    if match is None or (shell == "csh" and re.search(r"[\s\"'!$`\\]", stem)):
        return None
    leave, enter = (f"{stem}-{stage}.{shell}" for stage in ("deactivate", "activate"))
    if shell != "csh":
        leave, enter = (quote(command) if shell == "sh" else _fish(command) for command in (leave, enter))
    at = match.end()
    return text[:at] + before.format(leave) + text[at:] + _ACTIVATE[shell].format(enter)


def _written(folder: str, name: str, text: str, like: str | None = None) -> str:
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    os.chmod(path, os.stat(like).st_mode & 0o7777 if like else 0o644)
    return path


def script(stage: str, shell: str, prefix: str, settings: Sequence[ActivatedVariable]) -> str:
    """The text of one script; `stage` is activate or deactivate."""
    write = {
        "activate": {"sh": _sh, "fish": _fish_script, "csh": _csh_script},
        "deactivate": {"sh": _sh_back, "fish": _fish_back, "csh": _csh_back},
    }[stage][shell]
    mark = sha256(os.fsencode(prefix)).hexdigest()[:8].upper()
    # the last one that was set is given back first
    order = settings if stage == "activate" else list(reversed(settings))
    return HEAD + "".join(write(setting, f"_TRITONDOCTOR_{mark}_{setting.name}_WAS") for setting in order)


def _sh(setting: ActivatedVariable, kept: str) -> str:
    behind = f'"${{{setting.name}:+:${setting.name}}}"' if setting.prepend else ""
    return (
        f'if [ -z "${{{kept}+x}}" ]; then\n'
        f'    export {kept}="${{{setting.name}+x}}${{{setting.name}-}}"\n'
        f"    export {setting.name}={quote(setting.value)}{behind}\n"
        "fi\n"
    )


def _sh_back(setting: ActivatedVariable, kept: str) -> str:
    name = setting.name
    return (
        f'if [ -n "${{{kept}+x}}" ]; then\n'
        f'    if [ -n "${kept}" ]; then export {name}="${{{kept}#x}}"; else unset {name}; fi\n'
        f"    unset {kept}\n"
        "fi\n"
    )


def _fish(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _fish_script(setting: ActivatedVariable, kept: str) -> str:
    value = _fish(setting.value)
    longer = f'{value}:"${setting.name}"' if setting.prepend else value
    return (
        f"if not set -q {kept}\n"
        f"    if set -q {setting.name}\n"
        f'        set -gx {kept} x"${setting.name}"\n'
        "    else\n"
        f"        set -gx {kept} ''\n"
        "    end\n"
        f'    if test -n "${setting.name}"\n'
        f"        set -gx {setting.name} {longer}\n"
        "    else\n"
        f"        set -gx {setting.name} {value}\n"
        "    end\n"
        "end\n"
    )


def _fish_back(setting: ActivatedVariable, kept: str) -> str:
    return (
        f"if set -q {kept}\n"
        f'    if test -n "${kept}"\n'
        f"        set -gx {setting.name} (string sub -s 2 -- ${kept})\n"
        "    else\n"
        f"        set -e {setting.name}\n"
        "    end\n"
        f"    set -e {kept}\n"
        "end\n"
    )


def _csh(text: str) -> str:
    escaped = text.replace("'", "'\\''").replace("!", "\\!")
    return f"'{escaped}'"


def _csh_script(setting: ActivatedVariable, kept: str) -> str:
    value = _csh(setting.value)
    longer = f'{value}:"${setting.name}"' if setting.prepend else value
    return (
        f"if ( ! $?{kept} ) then\n"
        f"    if ( $?{setting.name} ) then\n"
        f'        setenv {kept} "x${setting.name}"\n'
        f'        if ( "${setting.name}" != "" ) then\n'
        f"            setenv {setting.name} {longer}\n"
        "        else\n"
        f"            setenv {setting.name} {value}\n"
        "        endif\n"
        "    else\n"
        f'        setenv {kept} ""\n'
        f"        setenv {setting.name} {value}\n"
        "    endif\n"
        "endif\n"
    )


def _csh_back(setting: ActivatedVariable, kept: str) -> str:
    return (
        f"if ( $?{kept} ) then\n"
        f'    if ( "${kept}" != "" ) then\n'
        f'        setenv {setting.name} "${{{kept}:s/x//}}"\n'
        "    else\n"
        f"        unsetenv {setting.name}\n"
        "    endif\n"
        f"    unsetenv {kept}\n"
        "endif\n"
    )
