"""Cures that are passed from post to post: what each really does, and which findings it is tried for."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from tritondoctor.support.messages import mark


class FolkCure(NamedTuple):
    """A command as people post it; `effect` is what it does, `instead` what to do."""

    pattern: re.Pattern[str]
    example: str
    effect: str
    instead: str
    ids: tuple[str, ...]


def _cure(pattern: str, example: str, effect: str, instead: str, *ids: str) -> FolkCure:
    return FolkCure(re.compile(pattern), example, effect, instead, ids)


_CHECK = mark("Run `tritondoctor check` first: it names the file that is wrong, and what to change.")

#: a command of pip, uv, conda and their like; not advice in the middle of an error
_INSTALL = (
    r"^\W*(?:(?:sudo|RUN|python[\d.]* -m) )*(?:pip[\d.]*|uv|conda|mamba|micromamba) .*\b(?:install|add)\b"
)

#: as they stand in answers to the same few error messages, in English and in Chinese
FOLK_CURES = (
    _cure(
        r"\b(?:ln|cp|mv)\b.*libstdc\+\+",
        "ln -sf /usr/lib/x86_64-linux-gnu/libstdc++.so.6 $CONDA_PREFIX/lib/libstdc++.so.6",
        mark("It puts the system's libstdc++ in the place of the environment's. The next update of the "
             "environment takes it back, and packages that need the newer one stop working."),
        mark("`tritondoctor fix` links a newer libstdc++ where only PyTriton's server looks, and can "
             "undo it."),
        "libstdcxx-symlinked-to-system", "libstdcxx-too-old",
    ),
    _cure(
        r"\brm\b.*libstdc\+\+",
        "rm $CONDA_PREFIX/lib/libstdc++.so.6",
        mark("It removes a library that other packages of the environment need."),
        mark("`tritondoctor fix` links a newer libstdc++ where only PyTriton's server looks, and can "
             "undo it."),
        "libstdcxx-too-old", "package-not-loadable",
    ),
    _cure(
        r"\b(?:ln|cp)\b.*libpython",
        "ln -s /usr/lib/x86_64-linux-gnu/libpython3.10.so.1.0 /usr/lib/libpython3.10.so.1.0",
        mark("It offers a libpython to every program. If that one is of another release, the model "
             "crashes when it starts."),
        mark("`tritondoctor fix` links the libpython of this very interpreter where only PyTriton "
             "looks."),
        "libpython-missing", "libpython-wrong-build",
    ),
    _cure(
        r"\b(?:apt|apt-get|yum|dnf)\b.*install.*(?:libpython|python3?[\d.]*-dev)",
        "sudo apt install libpython3.10",
        mark("It brings the distribution's libpython. For the distribution's own Python that is right; "
             "for one of conda, pyenv or uv it is another release."),
        mark("Link the interpreter's own libpython: `tritondoctor check` shows the command."),
        "libpython-missing", "libpython-wrong-build",
    ),
    _cure(
        r"LD_LIBRARY_PATH=",
        "echo 'export LD_LIBRARY_PATH=$CONDA_PREFIX/lib:$LD_LIBRARY_PATH' >> ~/.bashrc",
        mark("Every program of that shell looks in that folder first, PyTriton's server too: one "
             "missing library is found, and older ones in the folder come before those that the server "
             "needs."),
        mark("Take the line out again and run `tritondoctor check`: it shows a cure that touches "
             "PyTriton only."),
        "library-path-frozen", "library-path-other-prefix", "libstdcxx-too-old",
    ),
    _cure(
        r"(?:^|sudo |[;&|] ?)(?:/(?:usr/)?sbin/)?ldconfig\b(?!\.)|/etc/ld\.so\.conf",
        "echo /opt/conda/lib | sudo tee /etc/ld.so.conf.d/conda.conf && sudo ldconfig",
        mark("It changes which libraries all programs of this machine load."),
        _CHECK, "libpython-missing", "glibc-from-elsewhere",
    ),
    _cure(
        r"\bpip3?\b.*install.*--(?:force-reinstall|ignore-installed)",
        "pip install --force-reinstall nvidia-pytriton",
        mark("It writes the package's files again. That cures damaged files only; it also brings newer "
             "versions of all that the package needs."),
        _CHECK, "wheel-damaged", "numpy-too-new",
    ),
    _cure(
        rf"{_INSTALL}.*\blib(?:stdcxx|gcc)(?:-ng)?\b",
        "conda install -c conda-forge libstdcxx-ng",
        mark("It puts a newer libstdc++ into the conda environment. PyTriton's server finds that one "
             "only where the environment's lib is on its paths; else nothing changes. conda may change "
             "other packages with it."),
        _CHECK, "libstdcxx-too-old", "library-path-frozen",
    ),
    _cure(
        rf"{_INSTALL}.*[\s'\"]numpy\s*(?:={{1,3}}|~=|>=|>)\s*[2-9]",
        "pip install numpy==2.0",
        mark("It installs NumPy 2. PyTriton from 0.5.8 on takes NumPy 1 only (numpy<2), and modules that "
             "were compiled for NumPy 1 fail."),
        mark("Keep NumPy 1: `pip install 'numpy<2'`. `tritondoctor check` says which one the installed "
             "release of PyTriton needs."),
        "numpy-too-new", "built-for-another-version",
    ),
    _cure(
        rf"{_INSTALL}.*[\s'\"](?:numpy|protobuf|grpcio|tritonclient|pyzmq|gevent)\b",
        "pip install 'numpy<2'",
        mark("It changes a package that PyTriton uses. The release that you name may be one that "
             "PyTriton or another package does not take; without one the newest is installed."),
        mark("Run `tritondoctor check` first: it names the package that does not fit, and the releases "
             "that do."),
        "package-version-conflict", "package-missing",
    ),
    _cure(
        r"\bchmod\b.*\b777\b",
        "sudo chmod -R 777 /opt/conda",
        mark("It lets every user of this machine change those files, and run what they like as you."),
        _CHECK, "access-denied", "workspace-not-writable",
    ),
    _cure(
        r"\b(?:pkill|killall|kill)\b.*-(?:9|KILL)\b",
        "pkill -9 tritonserver",
        mark("It ends the server without its cleanup: shared memory and folders stay."),
        mark("End the Python process with Ctrl-C or kill -TERM; `tritondoctor clean` removes what was "
             "left."),
        "orphaned-resources", "port-in-use",
    ),
)  # fmt: skip


def found(text: str) -> Optional[FolkCure]:
    """The cure that a command line is."""
    return next((cure for cure in FOLK_CURES if cure.pattern.search(text)), None)
