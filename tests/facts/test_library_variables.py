"""What libraries make of variables, read from their own files: on texts like theirs.

Whole environments of it, really started: tests/truth/environments/library_variables.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tritondoctor.facts.imports.finder import ModuleLocation
from tritondoctor.facts.imports.model import ImportProblem
from tritondoctor.facts.launch.variables import BEGINNINGS, concerns, gevent_settings
from tritondoctor.facts.launch.variables.readers import READERS, LaunchView, refused
from tritondoctor.loader import Files

_CONFIG = """
class Setting(metaclass=SettingType):
    name = None

class Resolver(ImportableSetting, Setting):
    shortname_map = {
        'ares': 'gevent.resolver.ares.Resolver', 'block': 'gevent.resolver.blocking.Resolver',
    }

class Loop(ImportableSetting, Setting):
    shortname_map = {'libuv-cffi': 'gevent.libuv.loop.loop'}
    shortname_map['libuv'] = shortname_map['libuv-cffi']

class LibevBackend(Setting):
    name = 'libev_backend'
    environment_key = 'GEVENT_BACKEND'

class AresTries(AresSettingMixin, Setting):
    name = 'ares_tries'
    environment_key = 'GEVENTARES_TRIES'

class ResolverNameservers(AresSettingMixin, Setting):
    name = 'resolver_nameservers'
    environment_key = 'GEVENT_RESOLVER_NAMESERVERS'

class MonitorThread(BoolSettingMixin, Setting):
    name = 'monitor_thread'
    environment_key = 'GEVENT_MONITOR_THREAD_ENABLE'
"""
_BACKENDS = """
_type = os.getenv('PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION', _type)
if _type not in ('python', 'cpp', 'upb'):
  raise ValueError()
"""
_FILES = {
    "gevent._config": _CONFIG,
    "gevent.hub": "",
    "google.protobuf.internal.api_implementation": _BACKENDS,
    "aiohttp.connector": "_SSL_CONTEXT_VERIFIED = _make_ssl_context(True)\n",
    "numpy": 'os.environ.get("NPY_PROMOTION_STATE", "legacy")\nuse_hugepage = int(use_hugepage)\n',
}
_MISSING = ("gevent.libuv.loop", "google.protobuf.pyext._message")


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    for module, text in _FILES.items():
        (tmp_path / f"{module}.py").write_text(text)
    (tmp_path / "tritonserver").write_bytes(b"\0epoll1\0\0poll\0 AIP_HTTP_PORT if set AIP_MODEH")
    return tmp_path


def told(packages: Path, **variables: str) -> list[tuple[str, str, str]]:
    """The variables that are refused, why, and the detail."""

    def find(module: str) -> ModuleLocation | None:
        path = packages / f"{module}.py"
        return ModuleLocation("source", str(path), (), "") if path.exists() else None

    def problem(module: str) -> ImportProblem | None:
        return ImportProblem(module, "missing", "", 0) if module in _MISSING else None

    view = LaunchView(
        Files(), variables, str(packages), str(packages / "tritonserver"), find, problem,
        imported=lambda module: True, library=lambda beginning: f"/lib/{beginning}.so.5",
    )  # fmt: skip
    return [(one.name, one.why, one.detail) for one in refused(view)]


@pytest.mark.parametrize(
    ("variables", "why", "detail"),
    [
        ({"NPY_DISABLE_CPU_FEATURES": "AVX2, SSE2"}, "needed-itself", "SSE2"),
        ({"NPY_DISABLE_CPU_FEATURES": "A" * 1025}, "too-long", "1024"),
        ({"NPY_DISABLE_CPU_FEATURES": "AVX2", "NPY_ENABLE_CPU_FEATURES": "AVX"}, "not-both",
         "NPY_ENABLE_CPU_FEATURES"),
        ({"NPY_ENABLE_CPU_FEATURES": "AVX2 AVX512F"}, "cpu-lacks", "AVX512F"),
        ({"OPENBLAS_CORETYPE": "skylakex"}, "cpu-lacks", "avx512f"),
        ({"NPY_DISABLE_CPU_FEATURES": "AVX512F nope"}, "", ""),
        ({"NPY_ENABLE_CPU_FEATURES": "AVX2 nope"}, "", ""),
        ({"OPENBLAS_CORETYPE": "Haswell"}, "", ""),
        ({"OPENBLAS_CORETYPE": "nope"}, "", ""),
    ],
)  # fmt: skip
def test_features_of_the_processor(
    tmp_path: Path, variables: dict[str, str], why: str, detail: str
) -> None:
    binary = tmp_path / "numpy.core._multiarray_umath.py"
    binary.write_bytes(
        b"baseline optimizations: \n(SSE SSE2 SSE3) dispatched optimizations\n(AVX2 AVX512F)"
    )
    library = tmp_path / "libopenblas.so"
    library.write_bytes(b"OPENBLAS_CORETYPE\0camax_k_SKYLAKEX\0camax_k_HASWELL\0")
    view = LaunchView(
        Files(), variables, str(tmp_path), "", lambda module: ModuleLocation(
            "extension", str(tmp_path / f"{module}.py"), (), ""
        ), lambda module: None, imported=lambda module: True, library=lambda beginning: str(library),
        cpu=frozenset({"avx", "avx2", "fma"}),
    )  # fmt: skip
    assert [(one.why, one.detail) for one in refused(view)] == ([(why, detail)] if why else [])


_BEGIN = "openssl_conf = init\n[init]\n"
_ACTIVE = "activate = 1  # always\n"


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        (f"{_BEGIN}providers = p\n[p]\nfips = f\nbase = b\n[f]\n{_ACTIVE}[b]\n{_ACTIVE}",
         "providers: fips, base"),
        (f"{_BEGIN}providers = p\n[p]\nlegacy = l\n[l]\n{_ACTIVE}", "providers: legacy"),
        (f"{_BEGIN}alg_section = a\n[a]\ndefault_properties = fips=yes\n",
         "default_properties = fips=yes"),
        (f"{_BEGIN}random = r\n[r]\nrandom = NOPE\n", "random = NOPE"),
        (f"{_BEGIN}alg_section = a\n[a]\ndefault_properties = ?fips=yes\n", ""),
        (f"{_BEGIN}random = r\n[r]\nrandom = ctr-drbg\n", ""),
        (f"{_BEGIN}providers = p\n[p]\nlegacy = l\ndefault = d\n[l]\n{_ACTIVE}[d]\n{_ACTIVE}", ""),
        (f"{_BEGIN}providers = p\n[p]\nlegacy = l\n[l]\n# {_ACTIVE}", ""),
        ("openssl_conf = nowhere\n", ""),
        ("[[[\n=\n", ""),
    ],
)  # fmt: skip
def test_configurations_of_openssl(packages: Path, text: str, lacks: str) -> None:
    (packages / "openssl.cnf").write_text(text)
    expected = [("OPENSSL_CONF", "no-ciphers", lacks)] if lacks else []
    assert told(packages, OPENSSL_CONF="openssl.cnf") == expected


@pytest.mark.parametrize(
    ("folder", "text", "lacks"),
    [
        ("/usr/lib/ssl", f"{_BEGIN}alg_section = a\n[a]\n default_properties = fips=yes\n",
         "default_properties = fips=yes"),
        ("/usr/local/ssl", f"{_BEGIN}alg_section = a\n[a]\ndefault_properties = fips=yes\n", ""),
        ("/usr/lib/ssl", f"{_BEGIN}providers = p\n[p]\ndefault = d\n[d]\n# {_ACTIVE}", ""),
    ],
)  # fmt: skip
def test_the_machines_own_configuration_of_openssl(
    packages: Path, folder: str, text: str, lacks: str
) -> None:
    (packages / "etc/ssl").mkdir(parents=True)
    (packages / "etc/ssl/openssl.cnf").write_text(text)
    (packages / "usr/lib/ssl").mkdir(parents=True)
    (packages / "usr/lib/ssl/openssl.cnf").symlink_to("/etc/ssl/openssl.cnf")
    (packages / "libcrypto.so.3").write_text(f'\0OPENSSLDIR: "{folder}"\0')
    view = LaunchView(
        Files(str(packages)), {}, "/", "/tritonserver",
        lambda module: ModuleLocation("source", f"/{module}.py", (), ""), lambda module: None,
        imported=lambda module: True, library=lambda beginning: f"/{beginning}",
    )  # fmt: skip
    expected = [("no-ciphers", lacks, "/etc/ssl/openssl.cnf")] if lacks else []
    assert [(one.why, one.detail, one.file) for one in refused(view)] == expected
    assert concerns(view.files, {}) == ("\n default" in text or "\ndefault_prop" in text)


def test_a_provider_for_fips_that_is_there(packages: Path) -> None:
    text = f"{_BEGIN}providers = p\nalg_section = a\n[p]\nfips = f\n[f]\n{_ACTIVE}[a]\n"
    (packages / "openssl.cnf").write_text(f"{text}default_properties = fips=yes\n")
    (packages / "fips.so").write_text("")
    assert told(packages, OPENSSL_CONF="openssl.cnf", OPENSSL_MODULES=".") == []


@pytest.mark.parametrize(
    ("resolver", "name", "value", "why"),
    [
        ("ares", "GEVENTARES_TRIES", "abc", "not-a-number"),
        ("nope,ares", "GEVENTARES_TRIES", "abc", "not-a-number"),
        ("ares", "GEVENT_RESOLVER_NAMESERVERS", "10.0.0.1,dns.example", "unknown"),
        ("ares", "GEVENTARES_TRIES", "3", ""),
        ("ares", "GEVENT_RESOLVER_NAMESERVERS", "10.0.0.1,::1", ""),
        ("block", "GEVENTARES_TRIES", "abc", ""),
        ("block,ares", "GEVENT_RESOLVER_NAMESERVERS", "dns.example", ""),
    ],
)
def test_settings_of_c_ares(packages: Path, resolver: str, name: str, value: str, why: str) -> None:
    expected = [(name, why, "")] if why else []
    assert told(packages, GEVENT_RESOLVER=resolver, **{name: value}) == expected


def test_gevents_settings_are_read_from_its_source() -> None:
    settings = {setting.variable: setting for setting in gevent_settings.read(_CONFIG)}
    assert list(settings) == [
        "GEVENT_RESOLVER", "GEVENT_LOOP", "GEVENT_BACKEND", "GEVENTARES_TRIES",
        "GEVENT_RESOLVER_NAMESERVERS", "GEVENT_MONITOR_THREAD_ENABLE",
    ]  # fmt: skip
    assert settings["GEVENT_LOOP"].short_names["libuv"] == "gevent.libuv.loop.loop"
    assert settings["GEVENT_MONITOR_THREAD_ENABLE"].kind == "bool"
    assert gevent_settings.read("class (") == []


@pytest.mark.parametrize(
    ("name", "value", "why", "detail"),
    [
        ("GEVENT_RESOLVER", "nope", "unknown", ""),
        ("GEVENT_RESOLVER", "", "unknown", ""),
        ("GEVENT_LOOP", "libuv", "no-module", "gevent.libuv.loop"),
        ("GEVENT_BACKEND", "epoll,kqueue", "unknown", ""),
        ("GEVENT_MONITOR_THREAD_ENABLE", "maybe", "not-boolean", ""),
        ("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "cpp", "no-module", "google.protobuf.pyext._message"),
        ("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "", "unknown", ""),
        ("SSLKEYLOGFILE", "/nonexistent/keys", "cannot-open", "ENOENT"),
        ("SSLKEYLOGFILE", ".", "cannot-open", "EISDIR"),
        ("SSLKEYLOGFILE", "numpy.py/keys", "cannot-open", "ENOTDIR"),
        ("GRPC_POLL_STRATEGY", "epollex", "unknown", ""),
        ("AIP_HTTP_PORT", "99999999999", "not-a-number", ""),
        ("AIP_MODE", "PREDICTION", "vertex-mode", ""),
        ("NPY_PROMOTION_STATE", "strong", "unknown", ""),
        ("NUMPY_MADVISE_HUGEPAGE", "", "not-a-number", ""),
        ("GFORTRAN_STDIN_UNIT", "0", "same-unit", "GFORTRAN_STDERR_UNIT"),
    ],
)
def test_refused(packages: Path, name: str, value: str, why: str, detail: str) -> None:
    assert concerns(Files(), {name: value})
    assert told(packages, **{name: value}) == [(name, why, detail)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GEVENT_RESOLVER", "nope,block"),
        ("GEVENT_BACKEND", " Select , noenv"),
        ("GEVENT_MONITOR_THREAD_ENABLE", " YES "),
        ("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "upb"),
        ("SSLKEYLOGFILE", "keys"),
        ("SSLKEYLOGFILE", ""),
        ("GRPC_POLL_STRATEGY", "epollex,poll"),
        ("GRPC_POLL_STRATEGY", "all"),
        ("AIP_HTTP_PORT", " 80 or so"),
        ("AIP_MODE", "prediction"),
        ("NUMPY_MADVISE_HUGEPAGE", "-1"),
        ("GFORTRAN_STDIN_UNIT", "x"),
        ("GFORTRAN_STDERR_UNIT", "-1"),
    ],
)
def test_accepted(packages: Path, name: str, value: str) -> None:
    assert told(packages, **{name: value}) == []


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ({"ALLOW_VERTEX_AI": "", "ALLOW_HTTP": "1"}, False),
        ({"ALLOW_VERTEX_AI": "", "ALLOW_HTTP": "", "ALLOW_GRPC": "1"}, False),
        ({"ALLOW_VERTEX_AI": "", "ALLOW_GRPC": "1"}, True),
        ({"ALLOW_VERTEX_AI": ""}, True),
        ({"ALLOW_HTTP": "1"}, True),
    ],
)
def test_the_mode_of_vertex_ai(packages: Path, settings: dict[str, str], refused: bool) -> None:
    given = {f"PYTRITON_TRITON_CONFIG_{name}": value for name, value in settings.items()}
    expected = [("AIP_MODE", "vertex-mode", "")] if refused else []
    assert told(packages, AIP_MODE="PREDICTION", **given) == expected


def test_every_reader_is_asked_for_its_variables() -> None:
    """The beginnings of names stand apart, so that the readers are imported only where one is set."""
    assert tuple(READERS) == BEGINNINGS
