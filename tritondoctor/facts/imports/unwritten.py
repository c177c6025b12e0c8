"""Imports of the launch that no import statement names: of compiled modules, by name, of the stub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tritondoctor.facts.imports.statements import Import
from tritondoctor.support.patterns import pattern

#: modules that a package chooses at run time by name, or a compiled module imports, so that no import
#: statement names them (zmq/backend/__init__.py; cffi/recompiler.py, `_cffi_init`; `import_patched` in
#: gevent/resolver/dnspython.py; CPython's _asynciomodule.c and _pickle.c; `metadata` of
#: importlib/metadata/__init__.py, which PyTriton asks for its version; the Linear example)
CHOSEN_BY_NAME = {
    "_asyncio": ("asyncio.base_futures", "asyncio.base_tasks", "asyncio.exceptions"),
    "_pickle": ("_compat_pickle",),
    "pytriton": ("email", "email.parser"),
    "rapidjson": ("decimal",),
    "numpy": ("numpy.random",),
    "brotli._brotli": ("_cffi_backend",),
    "zmq.backend": ("zmq.backend.cython",),
    "gevent.libev.corecext": ("gevent._interfaces",),
    "gevent.libev._corecffi": ("_cffi_backend",),
    "gevent.libuv._corecffi": ("_cffi_backend",),
    "gevent.resolver.dnspython": ("dns",),
}
#: those that it chooses when it is first used, after all imports, unless a variable names others
#: (gevent: gevent/_config.py, classes Loop, Resolver and Threadpool; socket.getaddrinfo's codec)
CHOSEN_AT_USE = {
    "gevent.hub": {
        "gevent.libev.corecext": "GEVENT_LOOP",
        "gevent.resolver.thread": "GEVENT_RESOLVER",
        "gevent.threadpool": "GEVENT_THREADPOOL",
        "encodings.idna": "",
    },
    "pytriton.triton": {"encodings.hex_codec": ""},
    # (its handlers call run_in_executor of asyncio, whose pool is imported late)
    "pytriton.proxy.inference": {"concurrent.futures.thread": ""},
}

#: … and those that it only tries, content with an ImportError (protobuf: `_CanImport`)
_TRIED_BY_NAME = {
    "aiohttp._websocket.helpers": ("aiohttp._websocket.mask",),
    "aiohttp._websocket.reader": ("aiohttp._websocket.reader_c",),
    "aiohttp.http_websocket": ("aiohttp._websocket",),
    "aiohttp.http_parser": ("aiohttp._http_parser",),
    "frozenlist": ("frozenlist._frozenlist",),
    "google.protobuf.internal.api_implementation": ("google._upb._message",),
    "multidict": ("multidict._multidict",),
    "multidict._multidict": ("multidict._multidict_base",),
    "propcache._helpers": ("propcache._helpers_c",),
    "wrapt.__wrapt__": ("wrapt._wrappers",),
    "yarl._quoting": ("yarl._quoting_c",),
    "zope.interface._compat": ("zope.interface._zope_interface_coptimizations",),
}

#: variables with a value of which a package does not try its compiled modules
_WITHOUT_COMPILED = {
    "aiohttp": "AIOHTTP_NO_EXTENSIONS",
    "frozenlist": "FROZENLIST_NO_EXTENSIONS",
    "multidict": "MULTIDICT_NO_EXTENSIONS",
    "propcache": "PROPCACHE_NO_EXTENSIONS",
    "wrapt": "WRAPT_DISABLE_EXTENSIONS",
    "yarl": "YARL_NO_EXTENSIONS",
}

#: NumPy's C interface is looked for here first, and elsewhere where there is no such module: any other
#: failure counts (NumPy 2's __multiarray_api.c, `_import_array`)
EXPECTED_OR_ABSENT = {"ml_dtypes._ml_dtypes_ext": ("numpy._core._multiarray_umath",)}
#: what compiled modules import, and of it which name (gevent/libev/corecext.pyx, numpy/random/mtrand.pyx,
#: grpc/_cython/cygrpc.pyx, rapidjson.cpp; `PyDateTime_IMPORT` of NumPy's multiarraymodule.c, which needs
#: the compiled datetime)
IMPORTED_BY_COMPILED = {
    "grpc._cython.cygrpc": (Import("pkgutil", (), 0, 0),),
    "numpy.core._multiarray_umath": (Import("_datetime", (), 0, 0),),
    "numpy._core._multiarray_umath": (Import("_datetime", (), 0, 0),),
    "gevent.libev.corecext": (Import("zope.interface", ("implementer",), 0, 0),),
    "numpy.random.mtrand": (
        Import("numpy.random._common", (), 0, 0),
        Import("numpy.random._bounded_integers", (), 0, 0),
    ),
}
#: … and of what they take a name (rapidjson.cpp)
USED_BY_COMPILED = {"rapidjson": {"decimal": "Decimal"}}
#: … and what only some releases have (grpc/_cython/_cygrpc/channel.pyx.pxi of grpcio 1.70; NumPy's
#: multiarraymodule.c, descriptor.c and methods.c)
IMPORTED_IF_INSTALLED = {
    "grpc._cython.cygrpc": ("grpc._observability",),
    "numpy.core._multiarray_umath": (
        "numpy.core._exceptions", "numpy.core._internal", "numpy.core._dtype_ctypes", "numpy.dtypes",
    ),
    "numpy._core._multiarray_umath": (
        "numpy._core._exceptions", "numpy._core._internal", "numpy._core._dtype_ctypes", "numpy.dtypes",
    ),
}  # fmt: skip
#: modules of which one is enough (hashlib.py, `__get_hash`: OpenSSL's, else Python's own)
ONE_OF = {"hashlib": ("_hashlib", "_sha512", "_sha2")}
#: what no statement of another module imports: the stub calls it (all releases alike: python_backend's
#: pb_stub.cc, pb_tensor.cc), or the script
CALLED_FROM_OUTSIDE = {
    "1.model": ("TritonPythonModel",),
    "triton_python_backend_utils": ("deserialize_bytes_tensor", "serialize_byte_tensor"),
    "pytriton.client": ("ModelClient",),
    "pytriton.decorators": ("batch",),
    "pytriton.model_config": ("ModelConfig", "Tensor"),
    "pytriton.triton": ("Triton",),
}

#: the call by which a module of gevent lets its compiled twin take its place (gevent/_util.py)
_TWIN = pattern(r"\nimport_c_accel\(globals\(\), ['\"]gevent\.(_\w+)['\"]\)")
_BY_CALL = pattern(r"__import__\(['\"](gevent\.\w+)['\"]\)")
_OF_BACKEND = pattern(r"^ +from google\.protobuf\.(internal|pyext) import (\w+) as message_impl", re.M)
#: what a start imports in functions (pytriton/triton.py, `Triton.run`) and classes, by a condition that
#: is computed, or to describe it (`add_newdoc` of numpy/core/_add_newdocs.py)
_ELSEWHERE = {
    "email.message": pattern(r"\n    from (email\.iterators) import"),
    "importlib.metadata": pattern(r"\n +from (\. import _adapters)\b"),
    "subprocess": pattern(r"\n +(?:from|import) (_posixsubprocess)\b"),
    "pytriton.triton": pattern(r"\n +from (pytriton\.client\.auth) import"),
    "numpy.core._add_newdocs": pattern(r"\nadd_newdoc\('(numpy\.core\._multiarray_tests)'"),
}


def tried_by(module: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The modules that a module only tries to import; none where a variable tells it not to."""
    tried = _TRIED_BY_NAME.get(module, ())
    flag = _WITHOUT_COMPILED.get(module.partition(".")[0]) if tried else None
    return () if flag and variables.get(flag) else tried


def of_backend(text: str, *, compiled: bool) -> Iterator[tuple[str, int]]:
    """The module that protobuf's message_factory.py takes for its backend, with the line."""
    for place in _OF_BACKEND.finditer(text):
        if (place[1] == "pyext") == compiled:
            yield f"google.protobuf.{place[1]}.{place[2]}", text.count("\n", 0, place.start()) + 1


def demanded(module: str, text: str, variables: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The modules that a module imports by calls of its own, and the lines of the calls."""
    calls: list[tuple[str, int]] = []
    if module in _ELSEWHERE:
        found = _ELSEWHERE[module].search(text)
        # `from . import name` says no more than the name
        calls = [(found[1].replace(". import ", f"{module}."), found.start(1))] if found else []
    elif module.startswith("gevent."):
        if "__import__(" in text:
            calls = [(call[1], call.start()) for call in _BY_CALL.finditer(text)]
        if "\nimport_c_accel(" in text and not _is_pure(module, variables):
            calls += [(f"gevent._gevent_c{call[1][1:]}", call.start(1)) for call in _TWIN.finditer(text)]
    yield from ((name, text.count("\n", 0, place) + 1) for name, place in calls)


def _is_pure(module: str, variables: Mapping[str, str]) -> bool:
    """As 25.9.1 and later read the variables (gevent/_compat.py, `pure_python_module`)."""
    chosen = variables.get("GEVENT_PURE_PYTHON", "")
    everything = bool(variables.get("PURE_PYTHON") or (chosen and "gevent." not in chosen))
    return everything or module in chosen.split(",")
