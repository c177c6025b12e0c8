"""Versions that do not fit each other: compiled code, generated code, libraries, names in packages."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause
from tritondoctor.support.messages import mark

_MODULE = "A compiled module"
_NUMPY_2 = "NumPy 2 is installed, and the module knows NumPy 1 only."
_PROTOBUF = "A package's generated code (a file *_pb2.py)"

SIGNS = (
    cause(
        "glibc-from-elsewhere",
        r"symbol lookup error: (?P<folder>\S+)/lib(?:c|m|pthread)\.so\S*: undefined symbol: "
        r".*GLIBC_PRIVATE",
        "/e/bin/python: symbol lookup error: /t/lib/libc.so.6: undefined symbol: "
        "__tunable_is_initialized, version GLIBC_PRIVATE", ends=True, who="programs that load it",
        needles=(b"rror",),
    ),
    cause(
        "another-copy-loaded",
        r"(?P<who>[^\s:]+): symbol (?P<symbol>\S+?),? version \S+ not defined in file (?P<library>\S+) "
        r"with link time reference",
        "python: relocation error: /usr/local/cuda-11.1/lib64/libcublas.so: symbol runGemmShortApi, "
        "version libcublasLt.so.11 not defined in file libcublasLt.so.11 with link time reference",
        source="PaddleSeg#3215; also deepmd-kit#2241", plain=True, needles=(b"link time",),
    ),
    cause(
        "another-copy-loaded",
        r"(?P<who>[^\s:]+): undefined symbol: (?P<symbol>\w+), version (?P<library>lib\S+)",
        "ImportError: /e/site-packages/torch/lib/../../nvidia/cusparse/lib/libcusparse.so.12: undefined "
        "symbol: __nvJitLinkComplete_12_4, version libnvJitLink.so.12", source="pytorch#134929",
        plain=True, needles=(b"undefined symbol",),
    ),
    cause(
        "another-copy-loaded",
        r"(?P<who>[^\s:]+): undefined symbol: (?P<symbol>\w+, version (?!GLIBC_PRIVATE)\S+)",
        "OSError: /srv/lib/libuser.so: undefined symbol: api_call, version API_2",
        source="compiled for it: the copy without versions first on LD_LIBRARY_PATH", plain=True,
        library="the library that has it", needles=(b"undefined symbol",),
    ),
    cause(
        "backend-of-another-release",
        r"unable to load (?:backend|shared) library: (?P<file>\S+): undefined symbol: "
        r"(?P<symbol>TRITON\w+)",
        "E1124 02:44:35.538706 740585 model_repository_manager.cc:1186] failed to load 'resnet' version "
        "1: Not found: unable to load backend library: /opt/tritonserver/backends/tensorrt/"
        "libtriton_tensorrt.so: undefined symbol: TRITONBACKEND_StateBuffer", source="server#3607",
        plain=True, ends=True, needles=(b"undefined symbol",),
    ),
    cause(
        "built-for-another-version",
        r"(?P<who>/(?=[^:]+\.so)(?:[^\s:]| (?=[\w.]+\.so[\d.]*: undefined))+): undefined symbol: "
        r"(?P<symbol>(?!_?Py[A-Z_])\w+)(?!, version|\w)",
        "UNAVAILABLE: Not found: unable to load shared library: /opt/tritonserver/backends/pytorch/"
        "libtriton_pytorch.so: undefined symbol: _ZTVN5torch3jit6MethodE",
        source="server#4525; also server#7222, DeepSpeed#471", others=("library-refused",),
        other="a library that it uses",
        detail="It needs {symbol}, which none of the loaded libraries has.",
        needles=(b"undefined symbol",),
    ),
    cause(
        "static-tls-full", r"(?P<file>[^\s:]+): cannot allocate memory in static TLS block",
        "0921 16:09:55.421294 1 model_repository_manager.cc:1348] failed to load 'm' version 1: "
        "Internal: OSError: "
        "/tmp/python_env_pu73bg/0/lib/python3.8/site-packages/torch/lib/libgomp-d22c30c5.so.1: "
        "cannot allocate memory in static TLS block", source="server#4952; also FATE#4790", plain=True,
        needles=(b"static TLS",),
    ),
    cause(
        "static-tls-full", r"dlopen: cannot load any more object with static TLS",
        "ImportError: dlopen: cannot load any more object with static TLS",
        source="glibc's own text before 2.22 (elf/dl-open.c)",
        plain=True, file=mark("A library"), needles=(b"static TLS",),
    ),
    cause(
        "cuda-newer-than-driver",
        r"PTX was compiled with an unsupported toolchain|UNSUPPORTED_PTX_VERSION",
        "| densenet_onnx      | 1       | UNAVAILABLE: Internal: unable to create stream: the provided "
        "PTX "
        "was compiled with an unsupported toolchain. |", source="server#5197; also seldon-core#5029",
        plain=True, needles=(b"PTX",),
    ),
    cause(
        "built-for-another-version",
        r"(?P<other>[\w.]+) size changed, may indicate binary incompatibility\. (?P<sizes>Expected \d+ "
        r"from "
        r"C header, got \d+ from PyObject)",
        "ValueError: greenlet.greenlet size changed, may indicate binary incompatibility. Expected 152 "
        "from "
        "C header, got 40 from PyObject", source="greenlet#331, and gevent 20.9.0 with greenlet 2.0.1",
        plain=True, who=_MODULE, detail="{sizes}.",
        needles=(b"size changed",),
    ),
    cause(
        "built-for-another-version", r"compiled using NumPy 1\.x cannot be run in",
        "A module that was compiled using NumPy 1.x cannot be run in", source="bottleneck#453",
        who=_MODULE, other="NumPy", detail=_NUMPY_2,
        others=("numpy-too-new",), needles=(b"NumPy 1",),
    ),
    cause(
        "built-for-another-version", r"numpy\.core\.multiarray failed to import|_ARRAY_API not found",
        "ImportError: numpy.core.multiarray failed to import", source="bottleneck#453", who=_MODULE,
        other="NumPy", detail="NumPy's C interface was not found where the module expects it.",
        others=("numpy-too-new",), needles=(b"multiarray", b"ARRAY_API"),
    ),
    cause(
        "built-for-another-version",
        r"compiled against (?:NumPy C-)?A[PB]I version \(?\w+\)? but this version of (?P<other>numpy) is",
        "RuntimeError: module compiled against API version 0xe but this version of numpy is 0xd",
        source="numpy#21786", who=_MODULE, detail="The installed NumPy is older.",
        needles=(b"compiled against",),
    ),
    cause(
        "built-for-another-version", r"Descriptors cannot (?:not )?be created directly",
        "TypeError: Descriptors cannot not be created directly.",
        source="server#4988, and tritonclient 2.24.0 with protobuf 6", plain=True, who=_PROTOBUF,
        other="protobuf", detail="The installed protobuf no longer accepts code of that age. The "
        "traceback names the file: upgrade its package (often tritonclient).", needles=(b"Descriptors",),
    ),
    cause(
        "built-for-another-version",
        r"This program (?:was compiled against|requires) version (?P<wants>[\d.]+\d) of the Protocol "
        r"Buffer "
        r"runtime library, .*?installed version (?:is |\()(?P<have>[\d.]+\d)",
        "[libprotobuf FATAL /w/google/protobuf/stubs/common.cc:86] This program was compiled against "
        "version 3.7.1 of the Protocol Buffer runtime library, which is not compatible with the "
        "installed version "
        "(3.8.0).  Contact the program author for an update.", source="server#3601; also server#3759",
        plain=True, who="A program", other="protobuf", detail="It needs {wants}; {have} is loaded.",
        needles=(b"Protocol Buffer",),
    ),
    cause(
        "built-for-another-version",
        r"Detected mismatched Protobuf Gencode/Runtime (?P<detail>.*?gencode \d\S* runtime \d[\d.]*\d)",
        "google.protobuf.runtime_version.VersionError: Detected mismatched Protobuf Gencode/Runtime "
        "major versions when loading grpc_service.proto: gencode 5.27.0 runtime 7.34.0. Same major "
        "version is "
        "required.", source="protobuf's own text (runtime_version.py)", plain=True, who=_PROTOBUF,
        other="protobuf", needles=(b"Gencode",),
    ),
    cause(
        "package-too-old",
        r"Detected incompatible Protobuf Gencode/Runtime versions when loading \S+: gencode "
        r"(?P<wants>\d\S*) "
        r"runtime (?P<have>\d[\d.]*\d)",
        "google.protobuf.runtime_version.VersionError: Detected incompatible Protobuf Gencode/Runtime "
        "versions when loading basic_report.proto: gencode 5.29.5 runtime 5.27.2. Runtime version cannot "
        "be older than the linked gencode version.",
        source="cross-media-measurement#3327, and tensorflow-cpu 2.18.1 beside PyTriton 0.7.0",
        plain=True,
        module="protobuf",
        detail="generated code needs protobuf {wants} or newer, and {have} is installed",
        needles=(b"Gencode",),
    ),
    cause(
        "package-too-old", r"unexpected keyword argument '_registered_method'",
        "TypeError: Channel.unary_unary() got an unexpected keyword argument '_registered_method'",
        source="client#787", plain=True, module="grpcio",
        detail="the client was generated for grpcio 1.63 "
        "or newer", needles=(b"_registered_method",),
    ),
    cause(
        "setting-invalid", r"cannot import name '_message' from 'google\.protobuf\.pyext'",
        "ImportError: cannot import name '_message' from 'google.protobuf.pyext' "
        "(/opt/venv/lib/python3.10/"
        "site-packages/google/protobuf/pyext/__init__.py)", source="protobuf#12164, and a start with cpp",
        plain=True, variable="PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
        why="it selects the C++ implementation, which this protobuf does not have.",
        needles=(b"pyext",),
    ),
    cause(
        "package-too-old", r"cannot import name 'runtime_version' from 'google\.protobuf'",
        "ImportError: cannot import name 'runtime_version' from 'google.protobuf' "
        "(/opt/venv/lib/python3.11/site-packages/google/protobuf/__init__.py)",
        others=("package-version-conflict",), source="starts with protobuf 3 and 4", plain=True,
        module="protobuf", detail="generated code needs protobuf 5.27 or newer",
        needles=(b"runtime_version",),
    ),
    cause(
        "package-lacks-name",
        r"cannot import name '?(?P<name>[\w.]+)'? from '(?P<module>[\w.]+)'(?!.*circular import)",
        "ImportError: cannot import name 'InferenceServerClient' from 'tritonclient' (/e/tritonclient/"
        "__init__.py)", others=("package-shadowed",), needles=(b"annot import name",),
    ),
    cause(
        "package-shadowed",
        r"module '(?P<module>[\w.]+)' has no attribute '\w+' \(consider renaming '(?P<path>[^']+)'",
        "AttributeError: module 'logging' has no attribute 'getLogger' (consider renaming "
        "'/srv/logging.py' since it has the same name as the standard library module named 'logging' and "
        "prevents importing that standard library module)", plain=True, where="the Python process",
        source="Python 3.13 with an empty file logging.py beside the script",
        detail=mark("it does not have what the real one has"), needles=(b"no attribute",),
    ),
    cause(
        "temporary-not-writable", r"module '\d+\.model' has no attribute 'TritonPythonModel'",
        "AttributeError: module '1.model' has no attribute 'TritonPythonModel'",
        source="a start with a full /tmp", plain=True,
        state=mark("is full"), why="its copy of model.py is empty, as on a full disk",
        fix="Make room in /tmp. Where the model.py is your own, it lacks the class TritonPythonModel.",
        needles=(b"no attribute",),
    ),
    cause(
        "package-shadowed",
        r"AttributeError: partially initialized module '(?P<module>\w+)' has no attribute '\w+' \(most "
        r"likely due to a circular import\)",
        "AttributeError: partially initialized module 'pytriton' has no attribute 'triton' (most likely "
        "due to a circular import)", others=("package-lacks-name",), path="A file",
        source="a script pytriton.py that imports pytriton", where="the Python process",
        detail=mark("its own imports come back to it"), needles=(b"no attribute",),
    ),
    cause(
        "package-lacks-name",
        r"AttributeError: `np\.(?P<name>\w+)` was removed in the NumPy",
        "AttributeError: `np.float_` was removed in the NumPy 2.0 release. Use `np.float64` instead.",
        source="NumPy 2.0.2", plain=True, module="numpy", others=("numpy-too-new",),
        needles=(b"was removed in",),
    ),
    cause(
        "package-lacks-name",
        r"AttributeError: (?:partially initialized )?module '(?P<module>[\w.]+)' has no attribute "
        r"'(?P<name>\w+)'",
        "AttributeError: module 'triton_python_backend_utils' has no attribute 'InferenceRequest'",
        source="server#4743", others=("package-shadowed",), needles=(b"no attribute",),
    ),
)  # fmt: skip
