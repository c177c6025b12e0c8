# mypy: ignore-errors
"""CUDA through the driver's library, libcuda.so.1, with ctypes: no package is needed.

Runs in the target.  Python 3.8 syntax; standard library and numpy.
"""

import ctypes

import numpy as np

#: one thread a row: out[r][c] = bias[c] + in[r][0] * w[0][c] + in[r][1] * w[1][c]
PTX = b"""
.version 6.0
.target sm_50
.address_size 64
.visible .entry linear(.param .u64 rows, .param .u64 weights, .param .u64 bias,
                       .param .u64 out, .param .u32 count)
{
    .reg .pred %p; .reg .b32 %r<6>; .reg .f32 %f<8>; .reg .b64 %d<12>;
    mov.u32 %r1, %ctaid.x; mov.u32 %r2, %ntid.x; mov.u32 %r3, %tid.x;
    mad.lo.u32 %r4, %r1, %r2, %r3;
    ld.param.u32 %r5, [count];
    setp.ge.u32 %p, %r4, %r5;
    @%p bra DONE;
    ld.param.u64 %d1, [rows]; ld.param.u64 %d2, [weights];
    ld.param.u64 %d3, [bias]; ld.param.u64 %d4, [out];
    cvta.to.global.u64 %d1, %d1; cvta.to.global.u64 %d2, %d2;
    cvta.to.global.u64 %d3, %d3; cvta.to.global.u64 %d4, %d4;
    mul.wide.u32 %d5, %r4, 8; add.u64 %d6, %d1, %d5;
    mul.wide.u32 %d7, %r4, 12; add.u64 %d8, %d4, %d7;
    ld.global.f32 %f1, [%d6]; ld.global.f32 %f2, [%d6+4];
    ld.global.f32 %f3, [%d2]; ld.global.f32 %f4, [%d2+12]; ld.global.f32 %f5, [%d3];
    fma.rn.f32 %f5, %f1, %f3, %f5; fma.rn.f32 %f5, %f2, %f4, %f5; st.global.f32 [%d8], %f5;
    ld.global.f32 %f3, [%d2+4]; ld.global.f32 %f4, [%d2+16]; ld.global.f32 %f5, [%d3+4];
    fma.rn.f32 %f5, %f1, %f3, %f5; fma.rn.f32 %f5, %f2, %f4, %f5; st.global.f32 [%d8+4], %f5;
    ld.global.f32 %f3, [%d2+8]; ld.global.f32 %f4, [%d2+20]; ld.global.f32 %f5, [%d3+8];
    fma.rn.f32 %f5, %f1, %f3, %f5; fma.rn.f32 %f5, %f2, %f4, %f5; st.global.f32 [%d8+8], %f5;
DONE:
    ret;
}
"""
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*
_MEMORY_TYPE, _ON_DEVICE = 2, 2  # CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_MEMORYTYPE_DEVICE

_int, _uint, _size, _address, _pointer = (
    ctypes.c_int,
    ctypes.c_uint,
    ctypes.c_size_t,
    ctypes.c_uint64,
    ctypes.c_void_p,
)
#: as cuda.h declares them: name -> possible symbols, the best first, and arguments.  Suffixes are
#: explicit, because a later _v2 may take other arguments (cuCtxSynchronize's does).
SIGNATURES = {
    "cuInit": (("cuInit",), (_uint,)),
    "cuGetErrorString": (("cuGetErrorString",), (_int, _pointer)),
    "cuDeviceGetCount": (("cuDeviceGetCount",), (_pointer,)),
    "cuDeviceGet": (("cuDeviceGet",), (_pointer, _int)),
    "cuDeviceGetName": (("cuDeviceGetName",), (_pointer, _int, _int)),
    # the first symbol reports MIG instances; drivers before 470 lack it
    "cuDeviceGetUuid": (("cuDeviceGetUuid_v2", "cuDeviceGetUuid"), (_pointer, _int)),
    "cuDeviceTotalMem": (("cuDeviceTotalMem_v2",), (_pointer, _int)),
    "cuDeviceGetAttribute": (("cuDeviceGetAttribute",), (_pointer, _int, _int)),
    "cuDevicePrimaryCtxRetain": (("cuDevicePrimaryCtxRetain",), (_pointer, _int)),
    "cuCtxSetCurrent": (("cuCtxSetCurrent",), (_pointer,)),
    "cuCtxSynchronize": (("cuCtxSynchronize",), ()),
    "cuModuleLoadData": (("cuModuleLoadData",), (_pointer, _pointer)),
    "cuModuleGetFunction": (("cuModuleGetFunction",), (_pointer, _pointer, _pointer)),
    "cuMemAlloc": (("cuMemAlloc_v2",), (_pointer, _size)),
    "cuMemFree": (("cuMemFree_v2",), (_address,)),
    "cuMemcpyHtoD": (("cuMemcpyHtoD_v2",), (_address, _pointer, _size)),
    "cuMemcpyDtoH": (("cuMemcpyDtoH_v2",), (_pointer, _address, _size)),
    "cuPointerGetAttribute": (("cuPointerGetAttribute",), (_pointer, _int, _address)),
    "cuLaunchKernel": (
        ("cuLaunchKernel",),
        (_pointer, *[_uint] * 7, _pointer, _pointer, _pointer),
    ),
}
#: what the driver's own words for a code leave out (cuda.h)
_HINTS = {
    221: "; libnvidia-ptxjitcompiler.so.1, a part of the driver, is missing",
}


class Driver:
    """libcuda.so.1.  A call that fails raises RuntimeError with the driver's own words."""

    def __init__(self):
        try:
            self.library = ctypes.CDLL("libcuda.so.1")
        except OSError as failure:
            missing = "libcuda.so.1: cannot open" in str(failure)
            raise RuntimeError("no driver (libcuda.so.1)" if missing else str(failure)) from failure
        self._functions = {}
        self("cuInit", 0)

    def _function(self, name):
        if name not in self._functions:
            symbols, arguments = SIGNATURES[name]
            candidates = [getattr(self.library, symbol, None) for symbol in symbols]
            function = next((candidate for candidate in candidates if candidate is not None), None)
            if function is None:
                raise RuntimeError(f"libcuda.so.1 has no {symbols[0]}")
            function.argtypes, function.restype = arguments, ctypes.c_int
            self._functions[name] = function
        return self._functions[name]

    def __call__(self, name, *arguments):
        status = self._function(name)(*arguments)
        if status:
            text = ctypes.c_char_p()
            self._function("cuGetErrorString")(status, ctypes.byref(text))
            words = (text.value or b"error %d" % status).decode()
            raise RuntimeError(f"{name}: {words}{_HINTS.get(status, '')}")


def first_card():
    """Return name, UUID, compute capability and memory of the first GPU that this process may use."""
    driver = Driver()
    count, device, total = ctypes.c_int(), ctypes.c_int(), ctypes.c_size_t()
    driver("cuDeviceGetCount", ctypes.byref(count))
    if not count.value:
        raise RuntimeError("the driver shows no GPU to this process")
    driver("cuDeviceGet", ctypes.byref(device), 0)
    name, uuid = ctypes.create_string_buffer(128), (ctypes.c_ubyte * 16)()
    driver("cuDeviceGetName", name, 128, device)
    driver("cuDeviceGetUuid", ctypes.byref(uuid), device)
    driver("cuDeviceTotalMem", ctypes.byref(total), device)
    capability = []
    for attribute in (_MAJOR, _MINOR):
        value = ctypes.c_int()
        driver("cuDeviceGetAttribute", ctypes.byref(value), attribute, device)
        capability.append(str(value.value))
    words = name.value.decode("utf-8", "replace")
    return {
        "name": words,
        "uuid": _uuid(words, bytes(uuid).hex()),
        "compute_capability": ".".join(capability),
        "memory_mib": total.value >> 20,
    }


def _uuid(name, text):
    """Return the UUID as NVML writes it.  Only an instance of MIG has MIG in its name."""
    kind = "MIG-" if " MIG " in f" {name} " else "GPU-"
    return kind + "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


class OnDriver:
    """Linear as a kernel that the driver compiles from PTX."""

    where, library = "driver-cuda", "the driver itself"

    def __init__(self, weights, bias):
        self.driver = driver = Driver()
        device, self.context = ctypes.c_int(), ctypes.c_void_p()
        module, self.kernel = ctypes.c_void_p(), ctypes.c_void_p()
        driver("cuDeviceGet", ctypes.byref(device), 0)
        # the CUDA runtime uses the primary context too
        driver("cuDevicePrimaryCtxRetain", ctypes.byref(self.context), device)
        driver("cuCtxSetCurrent", self.context)
        driver("cuModuleLoadData", ctypes.byref(module), ctypes.c_char_p(PTX))
        driver("cuModuleGetFunction", ctypes.byref(self.kernel), module, ctypes.c_char_p(b"linear"))
        self.weights, self.bias = self._upload(weights), self._upload(bias)
        self.result_device = None

    def _allocate(self, size):
        pointer = ctypes.c_uint64()
        self.driver("cuMemAlloc", ctypes.byref(pointer), size)
        return pointer

    def _upload(self, array):
        array = np.ascontiguousarray(array, dtype=np.float32)
        pointer = self._allocate(array.nbytes)
        self.driver("cuMemcpyHtoD", pointer, array.ctypes.data_as(ctypes.c_void_p), array.nbytes)
        return pointer

    def __call__(self, rows):
        driver, count = self.driver, len(rows)
        driver("cuCtxSetCurrent", self.context)  # PyTriton calls from another thread
        result = np.empty((count, 3), dtype=np.float32)
        source, out = self._upload(rows), self._allocate(result.nbytes)
        values = [source, self.weights, self.bias, out, ctypes.c_uint32(count)]
        pointers = (ctypes.c_void_p * 5)(*[ctypes.addressof(value) for value in values])
        blocks = (count + 127) // 128
        driver("cuLaunchKernel", self.kernel, blocks, 1, 1, 128, 1, 1, 0, None, pointers, None)
        driver("cuCtxSynchronize")
        kind = ctypes.c_uint()
        driver("cuPointerGetAttribute", ctypes.byref(kind), _MEMORY_TYPE, out)
        on_device = kind.value == _ON_DEVICE
        self.result_device = "cuda:0" if on_device else f"memory type {kind.value}"
        driver("cuMemcpyDtoH", result.ctypes.data_as(ctypes.c_void_p), out, result.nbytes)
        for pointer in (source, out):
            driver("cuMemFree", pointer)
        return result

    def proof(self):
        return {"result_device": self.result_device}
