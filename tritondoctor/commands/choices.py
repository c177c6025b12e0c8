"""The options that take one of a few words."""

from enum import Enum


class GpuPolicy(str, Enum):
    """What `check` expects of the GPU."""

    AUTO = "auto"
    REQUIRED = "required"
    OFF = "off"


class DeviceChoice(str, Enum):
    """Where the model of the self-test computes."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class FrameworkChoice(str, Enum):
    """With what the model of the self-test computes."""

    AUTO = "auto"
    NUMPY = "numpy"
    TORCH = "torch"
    TENSORFLOW = "tensorflow"
    JAX = "jax"
    ONNXRUNTIME = "onnxruntime"
    CUPY = "cupy"


class FailOn(str, Enum):
    """The lowest severity that fails a check."""

    ERROR = "error"
    WARNING = "warning"


class ReportFormat(str, Enum):
    """The formats of a report (reports/formats.py)."""

    CONSOLE = "console"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    HTML = "html"


class CiSystem(str, Enum):
    """The CI systems that `init --ci` writes a file for."""

    GITHUB = "github"
    GITLAB = "gitlab"


class ShellName(str, Enum):
    """The shells that complete words."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


class FleetFormat(str, Enum):
    """The formats of a fleet's summary (reports/fleet_*.py)."""

    CONSOLE = "console"
    JSON = "json"
    JUNIT = "junit"
    HTML = "html"


class ProtocolChoice(str, Enum):
    """How the clients of `tune` ask."""

    HTTP = "http"
    GRPC = "grpc"


class GeneratorChoice(str, Enum):
    """What puts the load on in `tune`."""

    OWN = "own"
    PERF_ANALYZER = "perf_analyzer"
