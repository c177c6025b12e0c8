"""Variables of the shell, of Python, of bash and of packages."""

from __future__ import annotations

from pathlib import Path

from tests.generated.atom import atom
from tests.truth import stock
from tests.truth.place import Place


def _set(place: Place, variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            place.unset(name)
        else:
            place.variables[name] = value


@atom("variables", ("unset", "empty", "nowhere", "bash-only", "other-python", "relative", "empty-parts",
                    "folder-bash", "bash-without-right", "bash-is-sh", "no-sh", "dot", "long", "tilde",
                    "dangling-bash"))  # fmt: skip
def path(place: Place, what: str) -> None:
    usual = "/usr/bin:/bin"
    own = place.here / "bin"
    own.mkdir()
    if what == "unset":
        place.unset("PATH")
        return
    if what in ("bash-only", "no-sh"):
        for name in ("bash", "sh")[: 1 if what == "no-sh" else 2]:
            (own / name).symlink_to(f"/usr/bin/{name}")
    elif what == "folder-bash":
        (own / "bash").mkdir()
    elif what == "bash-without-right":
        place.write(own / "bash", "#!/bin/sh\nexit 3\n").chmod(0o644)
    elif what == "bash-is-sh":
        (own / "bash").symlink_to("/bin/sh")
    elif what == "dangling-bash":
        (own / "bash").symlink_to("/nonexistent")
    place.set(PATH={
        "empty": "", "nowhere": "/nonexistent", "bash-only": str(own), "no-sh": str(own),
        "other-python": f"{Path(stock.interpreter('3.9').path).parent}:{usual}",
        "relative": f"bin:../bin:{usual}", "empty-parts": f"::{usual}:", "dot": f".:{usual}",
        "long": ":".join(f"/opt/{number}" for number in range(800)) + f":{usual}",
        "tilde": f"~/bin:{usual}",
    }.get(what, f"{own}:{usual}"))  # fmt: skip


@atom("variables", {
    "exits": "exit 3", "fails": "false", "unsets": "unset LD_LIBRARY_PATH",
    "path": "export PATH=/usr/bin:/bin",
    "execs": "exec true", "talks": "echo hello; cd /", "sets": "export EDITOR=vi", "empty": "",
    "appends": 'export LD_LIBRARY_PATH="$LD_LIBRARY_PATH:/opt/lib"', "home": "export HOME=/nonexistent",
    "prepends": 'export PATH="/opt/tools/bin:$PATH"', "syntax": "if [ 1; then (", "nounset": "set -u",
    "alias": "alias exec=echo", "function": "exec() { echo hi; }",
    "umask": "umask 077", "returns": "return 0\nexit 3", "pythonhome": "export PYTHONHOME=/nonexistent",
    "conditional": 'if [ -n "$NOPE" ]; then exit 3; fi', "interactive": '[ -z "$PS1" ] && return\nexit 3',
    "case": 'case $- in *i*) ;; *) return;; esac\nexit 3',
})  # fmt: skip
def bash_env(place: Place, text: str) -> None:
    place.set(BASH_ENV=place.write(place.here / "bash_env", f"{text}\n"))


@atom("variables", {"missing": "/nonexistent", "folder": "/tmp", "empty": "", "variable": "$HOME/.nope",
                    "null": "/dev/null", "relative": "nope", "tilde": "~/nope"},
                    subject="bash-env")  # fmt: skip
def bash_env_named(place: Place, value: str) -> None:
    place.set(BASH_ENV=value)


@atom("variables", {
    "function": {"BASH_FUNC_exec%%": "() { echo hi; }"},
    "other-function": {"BASH_FUNC_ls%%": "() { :; }"},
    "broken-function": {"BASH_FUNC_x%%": "() { "}, "noexec": {"SHELLOPTS": "braceexpand:noexec"},
    "nounset": {"SHELLOPTS": "nounset:errexit"}, "noglob": {"SHELLOPTS": "noglob:xtrace"},
    "posix": {"POSIXLY_CORRECT": "1"}, "compat": {"BASH_COMPAT": "3.1"}, "ifs": {"IFS": "/"},
    "ps4": {"PS4": "$(exit 3)"}, "options": {"BASHOPTS": "failglob:nullglob"},
    "shell": {"SHELL": "/nonexistent"},
    "env": {"ENV": "/nonexistent"}, "cdpath": {"CDPATH": "/nonexistent"}, "tmout": {"TMOUT": "1"},
    "privileged": {"SHELLOPTS": "privileged"}, "xtracefd": {"BASH_XTRACEFD": "99"},
    "onecmd": {"SHELLOPTS": "onecmd"}, "allexport": {"SHELLOPTS": "allexport:keyword:physical"},
})  # fmt: skip
def bash_variable(place: Place, variables: dict[str, str]) -> None:
    place.variables.update(variables)


@atom("variables", {
    "home-own": {"PYTHONHOME": "{prefix}"}, "home-nowhere": {"PYTHONHOME": "/nonexistent"},
    "home-empty": {"PYTHONHOME": ""}, "home-3.9": {"PYTHONHOME": "{3.9}"},
    "utf8": {"PYTHONUTF8": "1"}, "utf8-off": {"PYTHONUTF8": "0"}, "utf8-bad": {"PYTHONUTF8": "x"},
    "optimise": {"PYTHONOPTIMIZE": "2"}, "development": {"PYTHONDEVMODE": "1"},
    "safe-path": {"PYTHONSAFEPATH": "1"}, "no-user": {"PYTHONNOUSERSITE": "1"},
    "user-base": {"PYTHONUSERBASE": "/nonexistent"}, "warn-error": {"PYTHONWARNINGS": "error"},
    "warn-ignore": {"PYTHONWARNINGS": "ignore"}, "warn-bad": {"PYTHONWARNINGS": "nonsense::"},
    "warn-deprecation": {"PYTHONWARNINGS": "error::DeprecationWarning"},
    "warn-user": {"PYTHONWARNINGS": "error::UserWarning"},
    "warn-runtime": {"PYTHONWARNINGS": "error::RuntimeWarning"},
    "hash-seed": {"PYTHONHASHSEED": "0"}, "hash-seed-bad": {"PYTHONHASHSEED": "abc"},
    "io-ascii": {"PYTHONIOENCODING": "ascii"}, "io-bad": {"PYTHONIOENCODING": "no-such"},
    "io-strict": {"PYTHONIOENCODING": "utf-16"}, "inspect": {"PYTHONINSPECT": "1"},
    "verbose": {"PYTHONVERBOSE": "1"}, "malloc": {"PYTHONMALLOC": "debug"},
    "malloc-bad": {"PYTHONMALLOC": "abc"}, "fault": {"PYTHONFAULTHANDLER": "1"},
    "cache-prefix": {"PYTHONPYCACHEPREFIX": "/proc/x"}, "startup": {"PYTHONSTARTUP": "/nonexistent"},
    "executable": {"PYTHONEXECUTABLE": "/nonexistent"}, "platlib": {"PYTHONPLATLIBDIR": "lib64"},
    "int-digits": {"PYTHONINTMAXSTRDIGITS": "1"}, "tracemalloc": {"PYTHONTRACEMALLOC": "x"},
    "coerce": {"PYTHONCOERCECLOCALE": "0"}, "asyncio": {"PYTHONASYNCIODEBUG": "1"},
    "breakpoint": {"PYTHONBREAKPOINT": "0"}, "legacy": {"PYTHONLEGACYWINDOWSSTDIO": "1"},
    "frozen": {"PYTHON_FROZEN_MODULES": "off"}, "gil": {"PYTHON_GIL": "0"},
    "unbuffered": {"PYTHONUNBUFFERED": "1"}, "import-time": {"PYTHONPROFILEIMPORTTIME": "1"},
    "perf": {"PYTHONPERFSUPPORT": "1"}, "dump-refs": {"PYTHONDUMPREFS": "1"},
    "no-debug-ranges": {"PYTHONNODEBUGRANGES": "1"}, "case-ok": {"PYTHONCASEOK": "1"},
    "basic-repl": {"PYTHON_BASIC_REPL": "1"}, "colors": {"PYTHON_COLORS": "x"},
    "cpu": {"PYTHON_CPU_COUNT": "0"},
})  # fmt: skip
def python_variable(place: Place, variables: dict[str, str]) -> None:
    prefixes = {"{prefix}": place.base.prefix}
    if "{3.9}" in variables.values():
        prefixes["{3.9}"] = stock.interpreter("3.9").prefix
    _set(place, {name: prefixes.get(value, value) for name, value in variables.items()})
    if "PYTHONEXECUTABLE" in variables:
        place.from_outside = True  # the doctor's own Python would not find it


@atom("variables", ("empty", "dot", "missing", "file", "colons", "relative", "stdlib-3.9", "own-stdlib",
                    "shadow", "harmless", "zip-missing", "home", "loop", "packages-3.9"))  # fmt: skip
def pythonpath(place: Place, what: str) -> None:
    if what == "shadow":
        place.write(place.here / "mine/numpy.py", "raise SystemExit('not numpy')\n")
    place.write(place.here / "mine/mine.py", "")
    element = {
        "empty": "", "dot": ".", "missing": "/nonexistent", "file": "/etc/hostname", "colons": "::",
        "relative": "../mine", "own-stdlib": f"{place.base.prefix}/lib/python{place.base.minor}",
        "shadow": f"{place.here}/mine", "harmless": f"{place.here}/mine",
        "zip-missing": "/nonexistent.zip",
        "home": "$HOME", "loop": "loop",
    }.get(what)  # fmt: skip
    if element is None:
        folder = "lib/python3.9" + ("/site-packages" if what == "packages-3.9" else "")
        prefix = stock.pytriton("3.9", "0.7.0") if "packages" in what else stock.interpreter("3.9").prefix
        element = f"{prefix}/{folder}"
    before = place.variables.get("PYTHONPATH")
    place.set(PYTHONPATH=f"{element}:{before}" if before else element)


@atom("variables", {
    "c": {"LC_ALL": "C"}, "posix": {"LC_ALL": "POSIX"}, "utf8": {"LANG": "C.UTF-8"},
    "german": {"LANG": "de_DE.UTF-8"}, "nonsense": {"LC_ALL": "xx_YY.UTF-8", "LANG": "nonsense"},
    "latin": {"LC_ALL": "en_US.ISO-8859-1"}, "ctype": {"LC_CTYPE": "C.UTF-8", "LANG": "C"},
    "numeric": {"LC_NUMERIC": "de_DE.UTF-8"}, "locpath": {"LOCPATH": "/nonexistent", "LANG": "C.UTF-8"},
    "empty": {"LC_ALL": "", "LANG": ""}, "language": {"LANGUAGE": "fr:de"},
})  # fmt: skip
def locale(place: Place, variables: dict[str, str]) -> None:
    place.set(**variables)


@atom("variables", {
    "missing": "/nonexistent", "file": "/etc/hostname", "proc": "/proc", "empty": "", "relative": ".",
    "space": "{here}/a b", "long": "{here}/" + "l" * 120, "shm": "/dev/shm", "accent": "{here}/é",
})  # fmt: skip
def tmpdir(place: Place, value: str) -> None:
    value = value.format(here=place.here)
    if value.startswith(str(place.here)):
        Path(value).mkdir()
    place.set(TMPDIR=value)


@atom("variables", {
    "gevent": {"GEVENT_LOOP": "nope"}, "gevent-cffi": {"GEVENT_LOOP": "libuv"},
    "gevent-resolver": {"GEVENT_RESOLVER": "nope"}, "gevent-ares": {"GEVENT_RESOLVER": "ares"},
    "gevent-backend": {"GEVENT_BACKEND": "nope"}, "gevent-file": {"GEVENT_FILE": "nope"},
    "gevent-threadpool": {"GEVENT_THREADPOOL": "nope"},
    "protobuf": {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "xx"},
    "protobuf-python": {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"},
    "grpc-poll": {"GRPC_POLL_STRATEGY": "nope"}, "grpc-dns": {"GRPC_DNS_RESOLVER": "nope"},
    "grpc-log": {"GRPC_VERBOSITY": "debug", "GRPC_TRACE": "all"},
    "grpc-fork": {"GRPC_ENABLE_FORK_SUPPORT": "0"},
    "wrapt": {"WRAPT_DISABLE_EXTENSIONS": "1"}, "openblas": {"OPENBLAS_NUM_THREADS": "abc"},
    "openblas-core": {"OPENBLAS_CORETYPE": "nope"}, "omp": {"OMP_NUM_THREADS": "-1"},
    "numpy": {"NPY_DISABLE_CPU_FEATURES": "AVX2"}, "numpy-bad": {"NPY_DISABLE_CPU_FEATURES": "SSE2"},
    "numpy-promotion": {"NPY_PROMOTION_STATE": "weak"},
    "numpy-nep": {"NUMPY_EXPERIMENTAL_ARRAY_FUNCTION": "0"},
    "cuda": {"CUDA_VISIBLE_DEVICES": "0"}, "cuda-none": {"CUDA_VISIBLE_DEVICES": ""},
    "nvidia": {"NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "compute"},
    "no-store": {"PYTRITON_NO_TENSORSTORE": "1"}, "viztracer": {"PYTRITON_VIZTRACER": "1"},
    "proxies": {"http_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"},
    "no-proxy": {"no_proxy": "*", "all_proxy": "socks5://127.0.0.1:9"},
    "malloc": {"MALLOC_ARENA_MAX": "1", "MALLOC_PERTURB_": "7"}, "term": {"TERM": "", "COLUMNS": "x"},
    "user": {"USER": "", "LOGNAME": "nobody"}, "tz": {"TZ": "nonsense/zone"},
    "ssl": {"SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/nonexistent"},
    "openssl": {"OPENSSL_CONF": "/nonexistent"}, "ssl-log": {"SSLKEYLOGFILE": "/nonexistent/x"},
    "mpi": {"OMPI_COMM_WORLD_RANK": "1", "PMI_RANK": "1"}, "slurm": {"SLURM_PROCID": "1"},
    "triton": {"TRITON_SERVER_CPU_ONLY": "1"}, "pydantic": {"PYDANTIC_DISABLE_PLUGINS": "x"},
    "resolv": {"RES_OPTIONS": "nonsense", "LOCALDOMAIN": "x"},
    "hostaliases": {"HOSTALIASES": "/nonexistent"},
})  # fmt: skip
def package_variable(place: Place, variables: dict[str, str]) -> None:
    place.set(**variables)
