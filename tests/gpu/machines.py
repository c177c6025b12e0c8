"""Machines with cards, and what is wrong with them: each a function that builds a scene."""

from __future__ import annotations

from collections.abc import Callable

from tests.gpu.scene import PCI_SWITCH, Scene

Build = Callable[[Scene], None]
SCENES: dict[str, tuple[Build, str]] = {}


def obstacle(expected: str) -> Callable[[Build], Build]:
    """Declares a scene in which no CUDA program runs, and the one finding that says why."""

    def register(build: Build) -> Build:
        SCENES[build.__name__.replace("_", " ")] = (build, expected)
        return build

    return register


@obstacle("gpu-without-driver")
def a_card_and_nothing_else(scene: Scene) -> None:
    scene.pci(driver="")


@obstacle("gpu-without-driver")
def a_card_that_nouveau_drives(scene: Scene) -> None:
    scene.pci(driver="nouveau")


@obstacle("gpu-module-not-loaded")
def libraries_and_no_module(scene: Scene) -> None:
    scene.pci(driver="")
    scene.paper(cuinit=100)
    scene.variables["PAPER_NVML"] = "9"


@obstacle("gpu-module-not-loaded")
def nodes_that_outlived_the_module(scene: Scene) -> None:
    scene.pci(driver="")
    scene.nodes()
    scene.paper(cuinit=100)
    scene.variables["PAPER_NVML"] = "9"


@obstacle("libcuda-missing")
def a_module_and_no_libraries(scene: Scene) -> None:
    scene.card()


@obstacle("container-without-compute")
def a_container_for_nvidia_smi_only(scene: Scene) -> None:
    scene.card()
    scene.container(NVIDIA_DRIVER_CAPABILITIES="utility", NVIDIA_VISIBLE_DEVICES="all")
    (scene.paper() / "libcuda.so.1").unlink()


@obstacle("container-without-gpu")
def a_container_without_the_nodes(scene: Scene) -> None:
    scene.pci()
    scene.module("550.54.15")
    scene.container()
    scene.paper()


@obstacle("gpu-nodes-missing")
def nodes_that_nobody_made(scene: Scene) -> None:
    scene.pci()
    scene.module("550.54.15")
    scene.paper(cuinit=100)
    scene.as_nobody()


@obstacle("gpu-no-permission")
def nodes_of_another_user(scene: Scene) -> None:
    scene.pci()
    scene.module("550.54.15")
    scene.nodes(mode=0o600)
    scene.paper(cuinit=100)
    scene.variables["PAPER_NVML"] = "4"
    scene.as_nobody()


@obstacle("gpu-access-lost")
def a_cgroup_that_denies_the_nodes(scene: Scene) -> None:
    scene.card()
    scene.paper(cuinit=100)
    scene.variables["PAPER_NVML"] = "999"
    scene.deny()


@obstacle("nvidia-uvm-missing")
def a_container_without_uvm(scene: Scene) -> None:
    scene.pci()
    scene.module("550.54.15")
    scene.nodes(uvm=False)
    scene.container()
    scene.paper(cuinit=999)


@obstacle("nvidia-uvm-missing")
def uvm_is_not_loaded(scene: Scene) -> None:
    scene.pci()
    scene.module("550.54.15", uvm=False)
    scene.nodes()
    scene.paper(cuinit=999)


@obstacle("cuda-does-not-start")
def cuda_gives_no_reason(scene: Scene) -> None:
    scene.card()
    scene.paper(cuinit=999)


@obstacle("cuda-does-not-start")
def an_operating_system_error(scene: Scene) -> None:
    scene.card()
    scene.paper(cuinit=304)


@obstacle("cuda-does-not-start")
def a_libcuda_that_crashes(scene: Scene) -> None:
    scene.card()
    scene.paper(crash="cuInit")


@obstacle("libcuda-not-loadable")
def a_libcuda_that_is_text(scene: Scene) -> None:
    scene.card()
    (scene.paper() / "libcuda.so.550.54.15").write_text("not a library")


@obstacle("libcuda-is-stub")
def stubs_on_the_path(scene: Scene) -> None:
    scene.card()
    scene.paper(folder="cuda/lib64/stubs", cuinit=34)


@obstacle("cuda-compat-refused")
def compat_on_a_card_that_refuses_it(scene: Scene) -> None:
    scene.card("535.129.03")
    scene.paper(folder="usr/local/cuda-12.4/compat", version="550.54.15", cuinit=804)


@obstacle("cuda-compat-refused")
def compat_that_is_older_than_the_driver(scene: Scene) -> None:
    scene.card("580.65.06")
    scene.paper(folder="usr/local/cuda-12.4/compat", version="550.54.15", cuinit=803)


@obstacle("gpu-driver-mismatch")
def an_update_beside_compat(scene: Scene) -> None:
    scene.card("535.129.03")
    scene.paper(folder="cuda/compat", cuinit=803)
    scene.variables["PAPER_NVML"] = "18"


@obstacle("gpu-driver-mismatch")
def an_update_without_a_restart(scene: Scene) -> None:
    scene.card("535.129.03")
    scene.paper(cuinit=803)
    scene.variables["PAPER_NVML"] = "18"


@obstacle("gpu-driver-mismatch")
def an_update_that_ends_as_804(scene: Scene) -> None:
    scene.card("535.129.03")
    scene.paper(cuinit=804)
    scene.variables["PAPER_NVML"] = "18"


@obstacle("fabric-manager-missing")
def eight_cards_and_no_fabric(scene: Scene) -> None:
    scene.module("550.54.15")
    scene.nodes(*range(8))
    for number in range(8):
        scene.pci(f"0000:{number + 1:02x}:00.0")
    for number in range(4):
        scene.pci(f"0000:{number + 16:02x}:00.0", PCI_SWITCH)
    scene.paper(cards=8, cuinit=802, fabric=1)


@obstacle("fabric-manager-missing")
def a_fabric_that_the_host_sets_up(scene: Scene) -> None:
    scene.card("580.65.06")
    scene.paper(version="580.65.06", cuda=13000, cuinit=802, fabric=2)


@obstacle("cuda-does-not-start")
def a_single_card_passed_through(scene: Scene) -> None:
    scene.card("580.65.06")
    scene.paper(version="580.65.06", cuda=13000, cuinit=802)


@obstacle("cuda-does-not-start")
def confidential_and_not_ready(scene: Scene) -> None:
    scene.card("580.65.06")
    scene.paper(version="580.65.06", cuda=13000, cuinit=802, confidential=0)


@obstacle("mig-without-instances")
def mig_and_no_instances(scene: Scene) -> None:
    scene.card()
    scene.paper(mig=0, cuinit=100)


@obstacle("gpu-prohibited")
def prohibited(scene: Scene) -> None:
    scene.card()
    scene.paper(mode=2)


@obstacle("cuda-visible-devices")
def a_card_that_is_not_there(scene: Scene) -> None:
    scene.card()
    scene.paper(cards=2, cuinit=100)
    scene.variables["CUDA_VISIBLE_DEVICES"] = "2,0"


@obstacle("wsl-gpu-unusable")
def wsl_without_dxg(scene: Scene) -> None:
    scene.library_path(scene.wsl(dxg=False))
    scene.variables["PAPER_CUINIT"] = "100"


@obstacle("wsl-gpu-unusable")
def wsl_whose_libcuda_is_not_searched_for(scene: Scene) -> None:
    scene.wsl()


@obstacle("wsl-gpu-unusable")
def a_linux_driver_inside_wsl(scene: Scene) -> None:
    scene.wsl()
    scene.paper(cuinit=100)


def healthy(scene: Scene) -> None:
    scene.card()
    scene.paper()


def blackwell(scene: Scene) -> None:
    scene.card("580.65.06")
    scene.paper(version="580.65.06", cuda=13000, capability=120, name="NVIDIA RTX PRO 6000 Blackwell")
    scene.torch("12.8", "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120")


def compat_that_works(scene: Scene) -> None:
    scene.card("535.129.03")
    scene.paper(folder="cuda/compat", version="550.54.15")


def mig_with_instances(scene: Scene) -> None:
    scene.card()
    scene.paper(mig=3)
    scene.variables["CUDA_VISIBLE_DEVICES"] = "MIG-a0a0a0a0-a0a0-a0a0-a0a0-a0a0a0a0a0e0"


def wsl(scene: Scene) -> None:
    scene.library_path(scene.wsl())


def jetson(scene: Scene) -> None:
    scene.device("nvhost-gpu")
    scene.paper(nvml=False)


def jetson_with_a_loaded_module(scene: Scene) -> None:
    jetson(scene)
    scene.module("540.4.0", uvm=False)


def driver_of_the_same_family(scene: Scene) -> None:
    scene.card("525.60.13")
    scene.paper(version="525.60.13", cuda=12000)
    scene.torch("12.4", "sm_50 sm_80 sm_90")


def some_cards_of_another_job(scene: Scene) -> None:
    scene.module("550.54.15")
    for number in range(2):
        scene.pci(f"0000:0{number + 1}:00.0")
    scene.nodes(0, 1)
    scene.paper(cards=2)
    scene.variables["CUDA_VISIBLE_DEVICES"] = "GPU-a1"
    scene.variables["PAPER_SHOWN"] = "1"


def nodes_that_root_would_make(scene: Scene) -> None:
    scene.pci()
    scene.module("550.54.15")
    scene.paper()


def hidden_on_purpose(scene: Scene) -> None:
    healthy(scene)
    scene.variables.update(CUDA_VISIBLE_DEVICES="", PAPER_CUINIT="100")


def half_hidden(scene: Scene) -> None:
    healthy(scene)
    scene.variables.update(CUDA_VISIBLE_DEVICES="0,5,1", PAPER_CARDS="2", PAPER_SHOWN="1")


def exclusive(scene: Scene) -> None:
    scene.card()
    scene.paper(mode=3)


def full(scene: Scene) -> None:
    scene.card()
    scene.paper(free=100, processes=3)


def maxwell(scene: Scene) -> None:
    scene.card()
    scene.paper(capability=52)


def nvml_of_another_version(scene: Scene) -> None:
    healthy(scene)
    scene.variables["PAPER_NVML"] = "18"


def nvml_that_was_not_found(scene: Scene) -> None:
    healthy(scene)
    scene.variables["PAPER_NVML"] = "12"


def lost(scene: Scene) -> None:
    scene.card()
    scene.paper(refuse="nvmlDeviceGetHandleByIndex=15")


def torch_for_the_cpu(scene: Scene) -> None:
    healthy(scene)
    scene.torch(None)


def a_card_newer_than_torch(scene: Scene) -> None:
    scene.card()
    scene.paper(capability=120)
    scene.torch("12.1", "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90")


def a_driver_of_an_older_family(scene: Scene) -> None:
    scene.card("470.256.02")
    scene.paper(version="470.256.02", cuda=11040)


def torch_of_the_drivers_own_family(scene: Scene) -> None:
    a_driver_of_an_older_family(scene)
    scene.torch("11.8", "sm_80 sm_90")


def torch_for_a_newer_driver(scene: Scene) -> None:
    a_driver_of_an_older_family(scene)
    scene.torch("12.1", "sm_80 sm_90")
