"""Imports of the launch that no import statement names: of compiled modules, by name, of the stub."""

from __future__ import annotations

from tritondoctor.facts.imports.statements import Import

#: modules that a package chooses at run time by name, or a compiled module imports, so that no import
#: statement names them (zmq/backend/__init__.py; cffi/recompiler.py, `_cffi_init`; `import_patched` in
#: gevent/resolver/dnspython.py)
CHOSEN_BY_NAME = {
    "zmq.backend": ("zmq.backend.cython",),
    "gevent.libev._corecffi": ("_cffi_backend",),
    "gevent.libuv._corecffi": ("_cffi_backend",),
    "gevent.resolver.dnspython": ("dns",),
}
#: those that it chooses when it is first used, after all imports (gevent: gevent/_config.py, class Loop)
CHOSEN_AT_USE = {"gevent.hub": ("gevent.libev.corecext",)}

#: … and those that it only tries, content with an ImportError (protobuf: `_CanImport`)
TRIED_BY_NAME = {"google.protobuf.internal.api_implementation": ("google._upb._message",)}

#: NumPy's C interface is looked for here first, and elsewhere where there is no such module: any other
#: failure counts (NumPy 2's __multiarray_api.c, `_import_array`)
EXPECTED_OR_ABSENT = {"ml_dtypes._ml_dtypes_ext": ("numpy._core._multiarray_umath",)}
#: what compiled modules import, and of it which name (gevent/libev/corecext.pyx)
IMPORTED_BY_COMPILED = {"gevent.libev.corecext": (Import("zope.interface", ("implementer",), 0, 0),)}
#: functions that the stub itself calls, all releases alike (python_backend's pb_stub.cc, pb_tensor.cc)
CALLED_BY_THE_STUB = {
    "triton_python_backend_utils": ("deserialize_bytes_tensor", "serialize_byte_tensor"),
}
