"""The processor that NumPy's OpenBLAS is told to compute for."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.facts.launch.model import RefusedVariable
from tritondoctor.facts.launch.variables.view import LaunchView

#: what a kernel's instructions need, where this is more than every x86-64 has (driver/others/dynamic.c,
#: `get_coretype`); those of AMD's 15h family use FMA4 (kernel/x86_64)
_NEEDS = {
    "sandybridge": "avx", "bulldozer": "fma4", "piledriver": "fma4", "steamroller": "fma4",
    "excavator": "fma4", "haswell": "avx2 fma", "zen": "avx2 fma",
    "skylakex": "avx512f avx512vl avx512bw avx512dq", "cooperlake": "avx512f avx512vl avx512_bf16",
}  # fmt: skip


def core(view: LaunchView) -> Iterator[RefusedVariable]:
    """OPENBLAS_CORETYPE is obeyed without a look at the processor (`force_coretype`; case is ignored):
    the first product of matrices ends the process.  A name that it does not know, or was built without,
    is ignored.
    """
    name = "OPENBLAS_CORETYPE"
    value = view.variables.get(name, "")
    needs = _NEEDS.get(value.lower(), "").split()
    library = view.library("libopenblas") if needs and view.cpu else None
    if library is None or not view.holds(library, name.encode()) or not _was_built(view, library, value):
        return
    lacks = [flag for flag in needs if flag not in view.cpu]
    if lacks:
        yield RefusedVariable(name, library, "cpu-lacks", (), lacks[0])


def _was_built(view: LaunchView, library: str, value: str) -> bool:
    """Whether it has kernels for it: their symbols end in the name of the core."""
    return view.holds(library, b"camax_k_%s\0" % value.upper().encode())
