"""Drivers that answer with an error: Triton asks them for the cards before it loads any model."""

from __future__ import annotations

from typing import Any

from tests.gpu import drivers
from tests.gpu.scene import Scene
from tests.truth.declare import environment
from tests.truth.place import Place


def scene_of(place: Place) -> Scene:
    """A machine to be laid over the place's own (`use`)."""
    # beside the place: device nodes are no files that somebody could compare
    folder = place.here.with_name(f"{place.here.name}-scene")
    folder.mkdir(parents=True)
    return Scene(folder, "")


def use(scene: Scene, place: Place) -> None:
    """Lays it over."""
    place.options += scene.options()
    own = place.variables.get("LD_LIBRARY_PATH")
    place.variables.update({name: v for name, v in scene.variables.items() if name.startswith("PAPER_")})
    folders = scene.variables.get("LD_LIBRARY_PATH", "")
    place.set(LD_LIBRARY_PATH=f"{folders}:{own}" if own else folders)


@environment("cuda-does-not-start", cases={"999": 999, "304": 304, "101": 101})
def a_driver_in_trouble(place: Place, code: int) -> None:
    """cuInit fails; not even a model on the CPU is loaded."""
    scene = scene_of(place)
    scene.card()
    scene.paper(cuinit=code)
    use(scene, place)


@environment("cuda-does-not-start", release=("0.3.1", "0.4.2", "0.5.14"), python="3.10")
def a_driver_in_trouble_of_old(place: Place) -> None:
    """It was ever so."""
    a_card_with(place, cuinit=999)


def a_card_with(place: Place, **answers: Any) -> None:
    """A card whose stand-in libraries answer so."""
    scene = scene_of(place)
    scene.card()
    scene.paper(**answers)
    use(scene, place)


@environment("fabric-manager-missing")
def no_fabric(place: Place) -> None:
    """The cards of a machine with NVSwitch are there, and the fabric is not."""
    a_card_with(place, cuinit=802, fabric=1)


@environment("cuda-does-not-start")
def passed_through_and_not_ready(place: Place) -> None:
    """A single card of a virtual machine: there is no fabric, and it is not ready all the same."""
    a_card_with(place, cuinit=802)


@environment("gpu-driver-mismatch")
def updated_and_not_restarted(place: Place) -> None:
    """The libraries are newer than the module."""
    scene = scene_of(place)
    scene.card("535.129.03")
    scene.paper(cuinit=803)
    use(scene, place)


@environment("cuda-compat-refused")
def compat_refused(place: Place) -> None:
    """cuda-compat on a card that refuses it."""
    scene = scene_of(place)
    scene.card("535.129.03")
    scene.paper(folder="cuda/compat", cuinit=804)
    use(scene, place)


@environment("libcuda-is-stub", cases={"with-a-card": True, "without": False})
def stubs_on_the_path(place: Place, card: bool) -> None:
    """A toolkit's stubs, as images for building have them on the path: fatal without a card, too."""
    scene = scene_of(place)
    if card:
        scene.card()
    scene.paper(folder="cuda/lib64/stubs", cuinit=34)
    use(scene, place)


@environment("gpu-driver-silent")
def a_driver_that_hangs(place: Place) -> None:
    """cuInit never returns."""
    a_card_with(place, hang="cuInit")


@environment("cuda-does-not-start")
def a_driver_that_crashes(place: Place) -> None:
    """cuInit ends tritonserver."""
    a_card_with(place, crash="cuInit")


@environment(cases={"hang": {"hang": "nvmlInit"}, "crash": {"crash": "nvmlInit"}})
def nvml_in_trouble(place: Place, answers: dict[str, str]) -> None:
    """Where CUDA shows no card, NVML may do what it likes."""
    a_card_with(place, cuinit=100, **answers)


@environment(cases=("418", "550"))
def a_driver_without_its_module(place: Place, branch: str) -> None:
    """NVIDIA's own libraries with no kernel module behind them: CUDA says that there is no card."""
    scene = scene_of(place)
    scene.pci(driver="")
    scene.nodes()
    scene.variables["LD_LIBRARY_PATH"] = drivers.library_path(branch)
    use(scene, place)


@environment()
def a_libcuda_that_does_not_load(place: Place) -> None:
    """For Triton that is no driver: it serves on the CPU."""
    scene = scene_of(place)
    scene.card()
    (scene.paper() / "libcuda.so.550.54.15").write_text("not a library")
    use(scene, place)
