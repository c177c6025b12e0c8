"""Which variables may be shown: by an exact list of names, their values without secrets.

A check can read no other: whoever adds a variable to a check adds it here, and a test says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from tritondoctor.privacy.names import sounds_secret
from tritondoctor.privacy.patterns import compiled
from tritondoctor.privacy.scrub import scrub

_LOADER = (  # ld.so(8)
    "LD_LIBRARY_PATH LD_PRELOAD LD_AUDIT LD_BIND_NOW LD_BIND_NOT LD_DEBUG LD_DEBUG_OUTPUT "
    "LD_DYNAMIC_WEAK LD_HWCAP_MASK LD_ORIGIN_PATH LD_POINTER_GUARD LD_PREFER_MAP_32BIT_EXEC LD_PROFILE "
    "LD_PROFILE_OUTPUT LD_SHOW_AUXV LD_TRACE_LOADED_OBJECTS LD_TRACE_PRELINKING LD_USE_LOAD_BIAS "
    "LD_VERBOSE LD_WARN LD_ASSUME_KERNEL GLIBC_TUNABLES LOCPATH"
)
_SHELL = (
    "PATH HOME SHELL TMPDIR XDG_CACHE_HOME BASH_ENV VIRTUAL_ENV CONDA_PREFIX CONDA_DEFAULT_ENV "
    "OPENSSL_CONF OPENSSL_MODULES AIP_MODE "
    "CONDA_SHLVL CONDA_PREFIX_1 CONDA_PREFIX_2 CONDA_PREFIX_3 CONDA_PREFIX_4 CONDA_PREFIX_5 "
    "MAMBA_ROOT_PREFIX LANG LANGUAGE LC_ALL LC_CTYPE LC_COLLATE LC_MESSAGES LC_MONETARY LC_NUMERIC "
    "LC_TIME LC_PAPER LC_NAME LC_ADDRESS LC_TELEPHONE LC_MEASUREMENT LC_IDENTIFICATION"
)
_PYTHON = (  # python(1)
    "PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONPLATLIBDIR PYTHONSTARTUP PYTHONOPTIMIZE "
    "PYTHONBREAKPOINT PYTHONDEBUG PYTHONINSPECT PYTHONUNBUFFERED PYTHONVERBOSE PYTHONCASEOK "
    "PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX PYTHONHASHSEED PYTHONINTMAXSTRDIGITS PYTHONIOENCODING "
    "PYTHONNOUSERSITE PYTHONUSERBASE PYTHONEXECUTABLE PYTHONWARNINGS PYTHONFAULTHANDLER "
    "PYTHONTRACEMALLOC PYTHONPROFILEIMPORTTIME PYTHONASYNCIODEBUG PYTHONMALLOC PYTHONMALLOCSTATS "
    "PYTHONCOERCECLOCALE PYTHONDEVMODE PYTHONUTF8 PYTHONWARNDEFAULTENCODING PYTHONNODEBUGRANGES "
    "PYTHONPERFSUPPORT PYTHONTHREADDEBUG PYTHONDUMPREFS PYTHON_FROZEN_MODULES PYTHON_CPU_COUNT "
    "PYTHON_GIL PYTHON_JIT PYTHON_COLORS PYTHON_BASIC_REPL PYTHON_HISTORY PYTHON_PERF_JIT_SUPPORT "
    "PYTHON_TLBC PYTHON_DISABLE_REMOTE_DEBUG PYTHON_THREAD_INHERIT_CONTEXT "
    "PYTHON_CONTEXT_AWARE_WARNINGS __PYVENV_LAUNCHER__"
)
_CUDA = (  # CUDA C++ Programming Guide, "CUDA Environment Variables"; nvidia-cuda-mps-control(1)
    "CUDA_VISIBLE_DEVICES CUDA_DEVICE_ORDER CUDA_HOME CUDA_PATH CUDA_ROOT CUDA_VERSION "
    "CUDA_MODULE_LOADING CUDA_MODULE_DATA_LOADING CUDA_LAUNCH_BLOCKING CUDA_CACHE_DISABLE "
    "CUDA_CACHE_PATH CUDA_CACHE_MAXSIZE CUDA_FORCE_PTX_JIT CUDA_DISABLE_PTX_JIT CUDA_FORCE_JIT "
    "CUDA_DISABLE_JIT CUDA_FORCE_PRELOAD_LIBRARIES CUDA_DEVICE_MAX_CONNECTIONS CUDA_MPS_PIPE_DIRECTORY "
    "CUDA_MPS_LOG_DIRECTORY CUDA_MPS_ACTIVE_THREAD_PERCENTAGE CUDA_MPS_PINNED_DEVICE_MEM_LIMIT "
    "CUDA_MPS_CLIENT_PRIORITY CUDA_MANAGED_FORCE_DEVICE_ALLOC CUDA_AUTO_BOOST "
    "CUDA_ENABLE_COREDUMP_ON_EXCEPTION CUDA_DEVICE_WAITS_ON_EXCEPTION CUDA_COREDUMP_FILE CUDA_LOG_FILE "
    "CUDA_BINARY_LOADER_THREAD_COUNT CUDA_SCALE_LAUNCH_QUEUES CUDA_GRAPHS_USE_NODE_PRIORITY "
    "CUDA_DISABLE_PERF_BOOST NVIDIA_VISIBLE_DEVICES NVIDIA_DRIVER_CAPABILITIES"
)
_PACKAGES = (
    "PYTRITON_HOME PYTRITON_NO_TENSORSTORE PYTRITON_VIZTRACER PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION "
    "GRPC_POLL_STRATEGY SSLKEYLOGFILE TRITONSERVER_DELAY_SCHEDULER "
    "GEVENT_LOOP GEVENT_BACKEND GEVENT_MONITOR_THREAD_ENABLE GEVENT_NOWAITPID "
    "GEVENT_FILE GEVENT_TRACK_GREENLET_TREE GEVENT_FORMAT_CONTEXT GEVENT_RESOLVER GEVENT_THREADPOOL "
    "GEVENT_THREADPOOL_IDLE_TASK_TIMEOUT GFORTRAN_STDIN_UNIT GFORTRAN_STDOUT_UNIT GFORTRAN_STDERR_UNIT "
    "PYZMQ_BACKEND NPY_PROMOTION_STATE NUMPY_MADVISE_HUGEPAGE AIP_HTTP_PORT "
    "NPY_ENABLE_CPU_FEATURES NPY_DISABLE_CPU_FEATURES OPENBLAS_CORETYPE "
    "http_proxy https_proxy no_proxy all_proxy "
    "grpc_proxy no_grpc_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY GRPC_PROXY NO_GRPC_PROXY"
)
_SETTING = "PYTRITON_TRITON_CONFIG_"
#: pytriton/triton.py, `TritonConfig`, without what restricts access and where keys lie; of any case
_SETTINGS = frozenset(
    "id log_verbose log_info log_warning log_error log_format log_file exit_timeout_secs "
    "exit_on_error disable_auto_complete_config strict_model_config strict_readiness allow_http "
    "http_address http_port reuse_http_port http_header_forward_pattern http_thread_count allow_grpc "
    "grpc_address grpc_port reuse_grpc_port grpc_header_forward_pattern "
    "grpc_infer_allocation_pool_size grpc_use_ssl grpc_use_ssl_mutual "
    "grpc_infer_response_compression_level grpc_keepalive_time grpc_keepalive_timeout "
    "grpc_keepalive_permit_without_calls grpc_http2_max_pings_without_data "
    "grpc_http2_min_recv_ping_interval_without_data grpc_http2_max_ping_strikes allow_metrics "
    "allow_gpu_metrics allow_cpu_metrics metrics_interval_ms metrics_port metrics_address "
    "metrics_config model_store model_repository model_control_mode repository_poll_secs load_model "
    "pinned_memory_pool_byte_size cuda_memory_pool_byte_size min_supported_compute_capability "
    "buffer_manager_thread_count backend_directory backend_config allow_soft_placement "
    "gpu_memory_fraction tensorflow_version allow_sagemaker sagemaker_port sagemaker_safe_port_range "
    "sagemaker_thread_count allow_vertex_ai vertex_ai_port vertex_ai_thread_count "
    "vertex_ai_default_model trace_config cache_config cache_directory rate_limit rate_limiter_mode "
    "rate_limit_resource".split()
)
#: elements of lists are numbered
_OF_LIST = r"(?<=_config)_\d+$"
SHOWN = frozenset(" ".join((_LOADER, _SHELL, _PYTHON, _CUDA, _PACKAGES)).split())


def shown(name: str) -> bool:
    """Whether the value of a variable may be shown."""
    if sounds_secret(name):
        return False
    setting = name[len(_SETTING) :].lower() if name.startswith(_SETTING) else ""
    return name in SHOWN or compiled(_OF_LIST).sub("", setting) in _SETTINGS


def variables(known: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """(the variables that may be shown, without secrets; the names of the others)."""
    found = {name: _value(name, value) for name, value in known.items() if shown(name)}
    return found, tuple(sorted(scrub(name) for name in known if name not in found))


def _value(name: str, value: str) -> str:
    """A proxy may be written without a scheme, and its password hold anything."""
    before, at, host = value.rpartition("@")
    if at and name.lower().endswith("_proxy") and "no_" not in name.lower():
        scheme, slashes, _ = before.rpartition("//") if "://" in before[:9] else ("", "", "")
        return f"{scheme}{slashes}***@{scrub(host)}"
    return scrub(value)
