"""Faults behind faults: what is advised for the first must not lead into the second."""

from __future__ import annotations

import os
from pathlib import Path

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent

_OWN = "/var/tmp"


def _libpython(place: Place) -> str:
    return f"{place.base.lib}/libpython{place.base.minor}.so.1.0"


def _without_libpython(place: Place) -> None:
    if stock.cached_by_loader(f"libpython{place.base.minor}.so.1.0"):
        raise Absent("this machine's loader knows this libpython")


def _misnamed(place: Place) -> Path:
    """A folder with the libpython of 3.9 under this one's name."""
    other = stock.interpreter("3.9")
    folder = place.folder_with("wrong", f"{other.lib}/libpython3.9.so.1.0")
    os.rename(folder / "libpython3.9.so.1.0", folder / f"libpython{place.base.minor}.so.1.0")
    return folder


def _tmpfs(place: Place, *folders: str, option: str = "", size: str = "") -> None:
    for folder in folders:
        place.options += [*(["--size", size] if size else []), "--tmpfs", folder]
        if option:
            place.before_start(f"mount -o remount,{option} {folder}")


@environment("port-in-use")
def next_port_taken_as_well(place: Place) -> None:
    """The port that comes to mind, 9000, has another listener."""
    place.occupy("0.0.0.0", 8000)
    place.occupy("0.0.0.0", 9000)


@environment("port-in-use")
def next_port_given_to_another_endpoint(place: Place) -> None:
    """9001 is what the metrics are given."""
    place.occupy("0.0.0.0", 8001)
    place.set(PYTRITON_TRITON_CONFIG_METRICS_PORT="9001")


@environment("setting-invalid")
def same_port_twice_and_next_taken(place: Place) -> None:
    """HTTP and gRPC share 8001, and 9001 is taken."""
    place.set(PYTRITON_TRITON_CONFIG_HTTP_PORT="8001")
    place.occupy("0.0.0.0", 9001)


@environment("port-in-use", python=stock.SYSTEM)
def next_port_is_for_root(place: Place) -> None:
    """64600 is taken; a thousand more is 64, which is for root alone."""
    _ = place.prefix
    place.set(PYTRITON_TRITON_CONFIG_HTTP_PORT="64600")
    place.occupy("0.0.0.0", 64600)
    place.as_nobody()


@environment("workspace-noexec")
def workspace_and_var_tmp_noexec(place: Place) -> None:
    """A hardened machine: no programs in the cache, nor in /var/tmp."""
    place.set(PYTRITON_HOME="/mnt/x")
    _tmpfs(place, "/mnt", _OWN, option="noexec")


@environment("workspace-no-space")
def workspace_and_var_tmp_full(place: Place) -> None:
    """Both are too small."""
    place.set(PYTRITON_HOME="/mnt")
    _tmpfs(place, "/mnt", _OWN, size="8000000")


@environment("home-unset")
def home_unset_and_var_tmp_read_only(place: Place) -> None:
    """A service without HOME, on a read-only root."""
    place.unset("HOME")
    place.options += ["--tmpfs", _OWN, "--remount-ro", _OWN]


@environment("workspace-path-unsafe")
def unsafe_path_and_var_tmp_noexec(place: Place) -> None:
    """A space in the path, and no programs in /var/tmp."""
    place.set(PYTRITON_HOME=place.here / "a b")
    _tmpfs(place, _OWN, option="noexec")


@environment("workspace-path-unsafe", release="0.3.1", python="3.10")
def unsafe_home_of_a_release_without_its_variable(place: Place) -> None:
    """0.3 knows no PYTRITON_HOME: only HOME leads elsewhere."""
    place.set(HOME=place.here / "a b")
    (place.here / "a b").mkdir()


@environment("workspace-path-too-long", "libstdcxx-too-old")
def long_path_and_old_library(place: Place) -> None:
    """A long path, and an old libstdc++ first."""
    place.set(PYTRITON_HOME=place.here / ("p" * 90))
    place.library_path(place.debian("bullseye", "libstdc++.so.6"), place.base.lib)


@environment("libstdcxx-too-old")
def two_old_libraries_in_turn(place: Place) -> None:
    """Behind the first old libstdc++ stands a second one."""
    old = place.debian("bullseye", "libstdc++.so.6")
    place.library_path(old, place.folder_with("more", old / "libstdc++.so.6"), place.base.lib)


@environment("libpython-wrong-version", python="3.10")
def two_bad_folders_on_the_path(place: Place) -> None:
    """Each is to be taken off; each advice by itself would put the other back."""
    wrong = _misnamed(place)
    place.library_path(place.debian("bullseye", "libstdc++.so.6"), wrong, place.base.lib)


@environment("libstdcxx-too-old", python="3.9")
def old_library_beside_the_only_libpython(place: Place) -> None:
    """The folder brings an old libstdc++ and the libpython: without it the stub has none."""
    _without_libpython(place)
    old = place.debian("bullseye", "libstdc++.so.6")
    place.library_path(place.folder_with("lib", old / "libstdc++.so.6", _libpython(place)))


@environment("libpython-wrong-version", python="3.10")
def named_wrongly_and_the_only_one(place: Place) -> None:
    """Another Python's libpython bears this one's name; without it there is none."""
    wrong = _misnamed(place)
    place.library_path(wrong)


@environment("libstdcxx-too-old")
def old_library_preloaded_and_on_the_path(place: Place) -> None:
    """LD_PRELOAD brings it, and so does LD_LIBRARY_PATH."""
    old = place.debian("bullseye", "libstdc++.so.6")
    place.set(LD_PRELOAD=old / "libstdc++.so.6")
    place.library_path(old, place.base.lib)


@environment("python-variables-stop-it", "libpython-missing", python="3.9")
def python_home_and_no_libpython(place: Place) -> None:
    """Once PYTHONHOME is unset, the stub's libpython is missing."""
    _without_libpython(place)
    place.unset("LD_LIBRARY_PATH")
    place.set(PYTHONHOME="/nowhere")


@environment("python-variables-stop-it")
def python_home_set_by_a_start_file(place: Place) -> None:
    """`unset PYTHONHOME` holds until the next shell."""
    place.write(place.home / ".bashrc", "export PYTHONHOME=/nowhere\n")
    place.set(PYTHONHOME="/nowhere")


@environment("package-shadowed")
def shadowed_twice(place: Place) -> None:
    """numpy.py on PYTHONPATH hides NumPy; behind it stands another in the working directory's parent."""
    for name in ("first", "second"):
        place.write(place.here / name / "numpy.py", "x = 1\n")
    place.set(PYTHONPATH=f"{place.here / 'first'}:{place.here / 'second'}")


@environment("package-shadowed")
def shadowing_folder_that_is_needed(place: Place) -> None:
    """The folder on PYTHONPATH hides NumPy, and has wrapt, which is nowhere else."""
    extra = place.here / "extra"
    place.write(extra / "numpy.py", "x = 1\n")
    _ = place.prefix
    os.rename(place.packages / "wrapt", extra / "wrapt")
    place.set(PYTHONPATH=extra)


@environment("package-shadowed")
def two_shadows_in_the_working_directory(place: Place) -> None:
    """numpy.py and zmq.py."""
    place.write(place.cwd / "numpy.py", "x = 1\n")
    place.write(place.cwd / "zmq.py", "x = 1\n")


@environment("libpython-missing", python="3.9")
def no_libpython_in_a_read_only_environment(place: Place) -> None:
    """The environment is mounted read-only; the cache can be written."""
    _without_libpython(place)
    place.unset("LD_LIBRARY_PATH")
    place.options += ["--ro-bind", str(place.prefix), str(place.prefix)]


@environment("setting-invalid")
def invalid_port_and_the_default_taken(place: Place) -> None:
    """Without the wrong value the default holds, which is taken."""
    place.set(PYTRITON_TRITON_CONFIG_HTTP_PORT="eighty")
    place.occupy("0.0.0.0", 8000)


@environment("setting-invalid")
def two_refused_variables(place: Place) -> None:
    """Two libraries refuse a variable each."""
    place.set(GRPC_POLL_STRATEGY="fast", GEVENT_LOOP="fast")


@environment("setting-invalid", "port-in-use")
def refused_variable_and_port(place: Place) -> None:
    """Independent of each other."""
    place.set(GEVENT_LOOP="fast")
    place.occupy("0.0.0.0", 8001)


@environment("python3-elsewhere")
def no_python3_in_a_read_only_environment(place: Place) -> None:
    """The link that is missing cannot be made."""
    (place.prefix / "bin/python3").unlink()
    python = place.prefix / "bin/python"
    target = os.path.realpath(python)
    python.unlink()
    python.symlink_to(target)
    place.options += ["--ro-bind", str(place.prefix), str(place.prefix)]


@environment("bash-changes-launch")
def bash_env_that_a_start_file_sets(place: Place) -> None:
    """BASH_ENV resets PATH, and .bashrc sets BASH_ENV."""
    script = place.write(place.here / "env.sh", "export PATH=/usr/sbin\n")
    place.write(place.home / ".bashrc", f"export BASH_ENV={script}\n")
    place.set(BASH_ENV=script)


@environment("libstdcxx-too-old")
def frozen_path_in_two_files(place: Place) -> None:
    """.bashrc and .profile both set it."""
    old = place.debian("bullseye", "libstdc++.so.6")
    for name in (".bashrc", ".profile"):
        place.write(place.home / name, f"export LD_LIBRARY_PATH={old}:{place.base.lib}\n")
    place.library_path(old, place.base.lib)


@environment("libstdcxx-too-old")
def path_set_by_an_activation_script(place: Place) -> None:
    """conda activate sets LD_LIBRARY_PATH again each time."""
    prefix = place.conda()
    old = place.debian("bullseye", "libstdc++.so.6")
    place.write(prefix / "etc/conda/activate.d/lib.sh", f"export LD_LIBRARY_PATH={old}:{prefix}/lib\n")
    place.library_path(old, prefix / "lib")


@environment("libstdcxx-too-old")
def old_library_and_a_workspace_of_others(place: Place) -> None:
    """The folder where the server looks first cannot be written: PYTRITON_HOME's is read-only."""
    place.library_path(place.debian("bullseye", "libstdc++.so.6"), place.base.lib)
    libs = place.home / ".cache/pytriton/nvidia_pytriton.libs"
    libs.mkdir(parents=True)
    place.options += ["--ro-bind", str(libs), str(libs)]


@environment(python="3.9")
def other_environment_on_the_path_that_is_needed(place: Place) -> None:
    """Served by the libpython of another conda environment: a warning whose advice would break it."""
    _without_libpython(place)
    other = place.here / "other"
    (other / "conda-meta").mkdir(parents=True)
    place.write(other / "conda-meta/history", "")
    (other / "lib").mkdir()
    (other / "lib" / os.path.basename(_libpython(place))).symlink_to(_libpython(place))
    place.library_path(other / "lib")


@environment(python="3.9")
def empty_element_that_is_needed(place: Place) -> None:
    """The libpython is found in the working directory, through an empty element."""
    _without_libpython(place)
    (place.cwd / os.path.basename(_libpython(place))).symlink_to(_libpython(place))
    place.library_path("", "/nowhere")
