"""How people start Python: what modules, schedulers, notebooks, editors and packagers set around it.

Variables and layouts as the tool's own documentation or the report named beside them has them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place

#: nothing in them changes the launch; the names and the kind of values are what counts
HARMLESS = {
    # easybuild#742, easybuild-easyconfigs#4361
    "lmod": {
        "LMOD_CMD": "/usr/share/lmod/lmod/libexec/lmod", "LMOD_DEFAULT_MODULEPATH": "/etc/modulefiles",
        "MODULEPATH": "/easybuild/2020/modules/all:/etc/lmod/modules", "_ModuleTable_Sz_": "2",
        "_ModuleTable001_": "X01vZHVsZVRhYmxlXz17WyJhY3RpdmVTaXplIl09MSxi",
        "LOADEDMODULES": "Python/3.11",
        "BASH_FUNC_module%%": "() { eval $($LMOD_CMD bash \"$@\"); }", "_LMFILES_": "/m/Python/3.11.lua",
        "BASH_FUNC_ml%%": "() { eval $($LMOD_DIR/ml_cmd \"$@\"); }",
    },
    # the page module(1) of Environment Modules
    "environment-modules": {
        "MODULESHOME": "/usr/share/modules", "LOADEDMODULES": "gcc/12:python/3.11",
        "__MODULES_LMINIT": "x",
        "BASH_FUNC_module%%": "() { _module_raw \"$@\" 2>&1; }", "MODULES_CMD": "/usr/lib/modulecmd.tcl",
        "BASH_FUNC__module_raw%%": "() { eval `/usr/bin/tclsh /usr/lib/modulecmd.tcl bash \"$@\"`; }",
    },
    # Spack's documentation, "spack load"
    "spack": {
        "SPACK_ROOT": "/opt/spack", "SPACK_PYTHON": "/usr/bin/python3", "SPACK_LOADED_HASHES": "abcdef",
        "CMAKE_PREFIX_PATH": "/opt/spack/opt/python-3.11.7", "BASH_FUNC_spack%%": "() { :; }",
    },
    # sbatch(1), output environment variables
    "slurm": {
        "SLURM_JOB_ID": "4711", "SLURM_CPUS_PER_TASK": "2", "SLURM_PROCID": "0", "SLURM_LOCALID": "0",
        "SLURM_NTASKS": "1", "SLURM_MEM_PER_NODE": "8192", "SLURM_NODELIST": "node[01-02]",
        "SLURM_CPU_BIND": "quiet,mask_cpu:0x3", "CUDA_VISIBLE_DEVICES": "NoDevFiles",
        "SLURM_STEP_GPUS": "0",
        "SLURM_UMASK": "0022", "PMI_RANK": "0", "OMP_NUM_THREADS": "2", "SLURM_EXPORT_ENV": "ALL",
    },
    # pbs_environment, LSF's page "environment variables set for job execution"
    "pbs-and-lsf": {
        "PBS_ENVIRONMENT": "PBS_BATCH", "PBS_NODEFILE": "/var/spool/pbs/aux/1", "PBS_O_HOME": "/home/ana",
        "LSB_JOBID": "7", "LSB_HOSTS": "node1 node1", "LSB_DJOB_NUMPROC": "2", "NCPUS": "2",
    },
    # systemd.exec(5), environment variables in spawned processes
    "systemd": {
        "INVOCATION_ID": "0123456789abcdef0123456789abcdef", "JOURNAL_STREAM": "8:12345",
        "SYSTEMD_EXEC_PID": "7",
        "USER": "root", "LOGNAME": "root", "SHELL": "/bin/sh", "LANG": "C.UTF-8",
        "NOTIFY_SOCKET": "/run/n",
        "MAINPID": "7", "WATCHDOG_USEC": "30000000", "LISTEN_FDS": "0", "RUNTIME_DIRECTORY": "/run/serve",
    },
    # JupyterHub's documentation, "Spawners: environment"
    "jupyterhub": {
        "JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub/api", "JUPYTERHUB_USER": "ana",
        "JPY_PARENT_PID": "7",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/ana/",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_USE_FRAME_EVAL": "NO", "PYTHONFROZENMODULES": "on", "CLICOLOR": "1", "FORCE_COLOR": "1",
        "PAGER": "cat", "GIT_PAGER": "cat", "TERM": "xterm-color", "JUPYTER_PREFER_ENV_PATH": "1",
    },
    # vscode#179086: variables of a terminal in VS Code's snap
    "vscode-snap": {
        "GTK_EXE_PREFIX": "/snap/code/133/usr",
        "GTK_PATH": "/snap/code/133/usr/lib/x86_64-linux-gnu/gtk-3.0",
        "GTK_PATH_VSCODE_SNAP_ORIG": "", "GIO_MODULE_DIR": "/root/snap/code/common/.cache/gio-modules",
        "VSCODE_GIT_ASKPASS_NODE": "/var/lib/snapd/snap/code/133/usr/share/code/code",
        "SNAP_NAME": "code",
        "VSCODE_GIT_IPC_HANDLE": "/run/user/1000/vscode-git-419a178ba9.sock", "TERM_PROGRAM": "vscode",
        "LOCPATH": "/snap/code/133/usr/lib/locale", "VSCODE_NONCE": "x",
        "PYTHONSTARTUP": "/root/.vscode/py.py",
        "VSCODE_PYTHON_AUTOACTIVATE_GUARD": "1", "PYTHON_BASIC_REPL": "1",
    },
    # debugpy's documentation, and pydevd's own variables
    "debugger": {
        "DEBUGPY_RUNNING": "true", "PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYCHARM_HOSTED": "1",
        "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "UTF-8",
        "BUNDLED_DEBUGPY_PATH": "/root/.vscode/debugpy",
    },
    # Ray's documentation, "Environment variables set by Ray"; runtime_env
    "ray": {
        "RAY_ADDRESS": "10.0.0.1:6379", "RAY_JOB_ID": "01000000", "RAY_RAYLET_PID": "7",
        "OMP_NUM_THREADS": "1",
        "RAY_CLIENT_MODE": "0", "CUDA_VISIBLE_DEVICES": "", "PYTHONBREAKPOINT": "ray.util.rpdb.set_trace",
        "RAY_USAGE_STATS_ENABLED": "0", "SPT_NOENV": "1", "RAY_WORKER_NICENESS": "15",
    },
    # Spark's page "Configuration: environment variables"; PythonRunner.scala, PythonWorkerFactory.scala
    "spark": {
        "SPARK_HOME": "/opt/spark", "PYSPARK_PYTHON": "python3", "SPARK_LOCAL_DIRS": "/tmp/spark",
        "PYTHON_WORKER_FACTORY_PORT": "45211", "SPARK_REUSE_WORKER": "1", "PYTHONUNBUFFERED": "YES",
        "PYTHONHASHSEED": "0", "SPARK_BUFFER_SIZE": "65536", "OMP_NUM_THREADS": "1", "SPARK_USER": "ana",
        "PYTHONPATH": "/opt/spark/python/lib/pyspark.zip:/opt/spark/python/lib/py4j-0.10.9.7-src.zip",
    },
    # Databricks' page "Environment variables" of init scripts; Dataproc's spark-env.sh
    "databricks": {
        "DATABRICKS_RUNTIME_VERSION": "14.3", "DB_HOME": "/databricks",
        "MLFLOW_TRACKING_URI": "databricks",
        "PYTHONPATH": "/databricks/spark/python:/databricks/jars/spark.jar:/Workspace",
        "SPARK_ENV_LOADED": "1",
    },
    # torchrun's documentation, environment variables
    "torchrun": {
        "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "localhost",
        "MASTER_PORT": "29500",
        "TORCHELASTIC_RUN_ID": "none", "OMP_NUM_THREADS": "1", "TORCH_NCCL_ASYNC_ERROR_HANDLING": "1",
    },
    # Open MPI's FAQ, "environment variables that mpirun sets"
    "mpirun": {
        "OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2", "PMIX_RANK": "0", "PMIX_NAMESPACE": "x",
        "PMIX_SERVER_URI41": "x.0;tcp4://127.0.0.1:41", "OMPI_MCA_orte_tmpdir_base": "/tmp",
    },
    # Kubernetes' page "Service: environment variables": a service named triton shares PyTriton's prefix
    "kubernetes-service-links": {
        "KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_PORT": "tcp://10.96.0.1:443",
        "TRITON_SERVICE_HOST": "10.96.0.9", "TRITON_PORT": "tcp://10.96.0.9:8000",
        "PYTRITON_PORT": "tcp://x",
        "PYTRITON_SERVICE_PORT_HTTP": "8000", "TRITON_PORT_8000_TCP_ADDR": "10.96.0.9",
    },
    # Microsoft's page "WSL: Windows and Linux in one path"
    "wsl": {
        "WSL_DISTRO_NAME": "Debian", "WSLENV": "VSCODE_WSL_EXT_LOCATION/up",
        "WSL_INTEROP": "/run/WSL/8_interop",
        "NAME": "HOST", "PULSE_SERVER": "unix:/mnt/wslg/PulseServer", "WAYLAND_DISPLAY": "wayland-0",
        "PATH": "/usr/local/bin:/usr/bin:/bin:/mnt/c/Windows/system32:/mnt/c/Program Files (x86)/Common "
        "Files",
    },
    # flatpak-run(1)
    "flatpak": {
        "FLATPAK_ID": "org.example.App", "FLATPAK_SANDBOX_DIR": "/root/.var/app/x",
        "XDG_DATA_DIRS": "/app/share",
        "PATH": "/app/bin:/usr/bin:/bin", "LD_LIBRARY_PATH": "/app/lib", "PS1": "[flatpak]",
    },
    # nix-shell(1); devenv#1264 without its libraries
    "nix-shell": {
        "IN_NIX_SHELL": "impure", "NIX_BUILD_TOP": "/tmp/nix-shell", "NIX_STORE": "/nix/store",
        "NIX_LDFLAGS": "x",
        "NIX_LD_LIBRARY_PATH": "/run/current-system/sw/share/nix-ld/lib",
        "SOURCE_DATE_EPOCH": "315532800",
        "NIX_PYTHONPATH": "/nix/store/x-python3-3.11/lib/python3.11/site-packages",
        "PYTHONNOUSERSITE": "1",
        "_PYTHON_SYSCONFIGDATA_NAME": "_sysconfigdata__linux_x86_64-linux-gnu", "PYTHONHASHSEED": "0",
    },
    # Airflow's page "Environment variables"; Luigi, Prefect set none of Python's own
    "airflow": {
        "AIRFLOW_HOME": "/opt/airflow", "AIRFLOW_CTX_DAG_ID": "serve",
        "_AIRFLOW_PARSING_CONTEXT_DAG_ID": "x",
        "PYTHONPATH": "/opt/airflow/dags:/opt/airflow/plugins",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    },
    # pytest's page "Environment variables"; tox's
    "pytest-and-tox": {
        "PYTEST_CURRENT_TEST": "tests/test_a.py::test_b (call)", "PYTEST_VERSION": "8.0",
        "TOX_ENV_DIR": "/t",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONHASHSEED": "2137", "VIRTUALENV_PYTHON": "/nope",
    },
    # GitHub's page "Variables"; setup-python's README
    "github-actions": {
        "CI": "true", "GITHUB_ACTIONS": "true", "RUNNER_TEMP": "/home/runner/_temp",
        "AGENT_TOOLSDIRECTORY":
        "/opt/hostedtoolcache", "pythonLocation": "/opt/hostedtoolcache/Python/3.11.7/x64",
        "ImageOS": "ubuntu22",
        "PKG_CONFIG_PATH": "/opt/hostedtoolcache/Python/3.11.7/x64/lib/pkgconfig",
        "Python_ROOT_DIR": "/opt/x",
    },
    # Poetry's, PDM's and pipenv's pages on variables of their shells
    "pipenv-and-poetry": {
        "PIPENV_ACTIVE": "1", "POETRY_ACTIVE": "1", "PIP_PYTHON_PATH": "/usr/bin/python3",
        "PDM_PROJECT_ROOT": "/p",
        "PYTHONDONTWRITEBYTECODE": "1", "PIP_REQUIRE_VIRTUALENV": "true",
        "UV_PROJECT_ENVIRONMENT": "/p/.venv",
    },
    # SageMaker's and Vertex AI's pages on containers (AIP_MODE is what PyTriton asks for, not these)
    "sagemaker": {
        "SM_MODEL_DIR": "/opt/ml/model", "SAGEMAKER_BIND_TO_PORT": "8080", "SM_NUM_CPUS": "2",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x", "TEMP": "/tmp", "SM_HP_EPOCHS": "3",
    },
    # AzureML's page "Deploy models": azmlinfsrv
    "azureml": {
        "AZUREML_MODEL_DIR": "/var/azureml-app/azureml-models/m/1", "AML_APP_ROOT": "/var/azureml-app",
        "AZUREML_ENTRY_SCRIPT": "score.py", "WORKER_COUNT": "1", "SVDIR": "/var/runit",
    },
    # sudo(8) with env_reset, and env_keep of a display
    "sudo": {
        "SUDO_USER": "ana", "SUDO_UID": "1000", "SUDO_COMMAND": "/usr/bin/python3 serve.py", "MAIL": "/m",
    },
    # cron: crontab(5)
    "cron": {"SHELL": "/bin/sh", "LOGNAME": "root", "MAILTO": ""},
}  # fmt: skip


@environment(cases=HARMLESS)
def started_by(place: Place, variables: dict[str, str]) -> None:
    """The variables of a tool that starts programs; none of them is about the launch."""
    library_path = place.variables.get("LD_LIBRARY_PATH", "")
    place.variables.update(variables)
    if "LD_LIBRARY_PATH" in variables and library_path:
        place.library_path(variables["LD_LIBRARY_PATH"], library_path)


@environment()
def easybuild_prefixes(place: Place) -> None:
    """easybuild-easyconfigs#5072: PYTHONPATH names only a sitecustomize that reads EBPYTHONPREFIXES."""
    lines = (
        "import os, site, sys",
        'for prefix in os.environ.get("EBPYTHONPREFIXES", "").split(os.pathsep):',
        '    folder = os.path.join(prefix, "lib/python%d.%d/site-packages" % sys.version_info[:2])',
        "    if os.path.isdir(folder):",
        "        site.addsitedir(folder)",
    )
    place.write(place.here / "eb/custom/sitecustomize.py", "\n".join(lines) + "\n")
    folder = place.here / f"eb/mpi4py/lib/python{place.base.minor}/site-packages"
    place.write(folder / "mpi4py/__init__.py", "")
    place.set(PYTHONPATH=place.here / "eb/custom", EBPYTHONPREFIXES=place.here / "eb/mpi4py",
              EBROOTPYTHON="/easybuild/Python/3.11.3-GCCcore-12.3.0",
              EBVERSIONPYTHON="3.11.3")  # fmt: skip


@environment("libstdcxx-too-old", python="3.10")
def module_of_an_old_compiler(place: Place) -> None:
    """EESSI/software-layer#585 in kind: a loaded GCCcore puts its lib64, older than needed, first."""
    old = place.debian("bullseye", "libstdc++.so.6")
    place.library_path(old, place.variables.get("LD_LIBRARY_PATH", ""))
    place.set(EBROOTGCCCORE=old, LOADEDMODULES="GCCcore/10.2.0")


@environment("glibc-too-old", python="3.10")
def module_of_a_new_compiler(place: Place) -> None:
    """The same in the other direction: its libstdc++ needs a newer glibc than this machine has."""
    new = place.debian("trixie", "libstdc++.so.6")
    place.library_path(new, place.variables.get("LD_LIBRARY_PATH", ""))
    place.set(EBROOTGCCCORE=new, LOADEDMODULES="GCCcore/14.2.0")


@environment()
def conda_pack_unpacked(place: Place) -> None:
    """conda-pack's documentation: an archive unpacked elsewhere, `source bin/activate`, no conda."""
    prefix = place.conda("packed")
    shutil.rmtree(prefix / "conda-meta")
    place.write(prefix / "bin/conda-unpack", "#!/usr/bin/env python\n")
    place.set(CONDA_PREFIX=prefix, LD_LIBRARY_PATH=prefix / "lib")
    place.unset("CONDA_DEFAULT_ENV")


@environment()
def conda_pack_below_a_name_of_yarn(place: Place) -> None:
    """PySpark's page "Python package management": --archives env.tar.gz#environment, by a relative "
    "path."""
    prefix = place.conda("container_1")
    (place.cwd / "environment").symlink_to(prefix)
    place.python = Path("./environment/bin/python")
    place.set(LD_LIBRARY_PATH=prefix / "lib", PYSPARK_PYTHON="./environment/bin/python")


@environment()
def kernel_of_a_notebook(place: Place) -> None:
    """jupyter_client: a kernel of the venv, started by another Python, PATH and VIRTUAL_ENV are the "
    "hub's."""
    hub = place.here / "hub/bin"
    hub.mkdir(parents=True)
    _ = place.prefix
    (hub / "jupyter").symlink_to("/usr/bin/true")
    place.set(PATH=f"{hub}:/usr/bin:/bin", VIRTUAL_ENV=place.here / "hub", JPY_PARENT_PID="7")


@environment()
def runfiles_of_bazel(place: Place) -> None:
    """rules_py#274, rules_python#2617: each distribution a link into the runfiles tree."""
    runfiles = place.here / "main.runfiles/pypi"
    fresh = stock.site_packages(place.venv_without_packages())
    runfiles.mkdir(parents=True)
    for item in place.kept_packages().iterdir():
        stock.link_tree(item, runfiles / item.name)
        (fresh / item.name).symlink_to(runfiles / item.name)
    place.set(RUNFILES_DIR=place.here / "main.runfiles", PYTHONSAFEPATH="1")


@environment("package-shadowed")
def pythonpath_before_runfiles(place: Place) -> None:
    """rules_python#3847: a folder on an ambient PYTHONPATH has the name of a package of the program."""
    place.write(place.here / "shell/wrapt/__init__.py", "")
    place.set(PYTHONPATH=f"{place.here / 'shell'}")


@environment("pytriton-missing")
def pex_without_its_root(place: Place) -> None:
    """PEX's documentation: the packages lie in PEX_ROOT/venvs, the interpreter named is the bare one."""
    place.venv_without_packages()
    place.set(PEX_ROOT=place.home / ".pex", PEX="/srv/serve.pex", PEX_INTERPRETER="1")


@environment()
def pex_as_a_venv(place: Place) -> None:
    """PEX's documentation, `--venv prepend`: a venv of links below ~/.pex, named by a hash."""
    fresh = stock.site_packages(place.venv_without_packages())
    store = place.home / ".pex/installed_wheels"
    store.mkdir(parents=True)
    for item in place.kept_packages().iterdir():
        stock.link_tree(item, store / item.name)
        (fresh / item.name).symlink_to(store / item.name)
    place.set(PEX_ROOT=place.home / ".pex", PEX_VENV_BIN_PATH="prepend")


@environment()
def zip_of_the_application(place: Place) -> None:
    """The page "zipapp": the application's own modules come from a zip file on PYTHONPATH."""
    code = "import zipfile; zipfile.ZipFile('app.pyz', 'w').writestr('app/__init__.py', '')"
    stock.run(
        ["/usr/bin/python3", "-c", f"import os; os.chdir({str(place.here)!r}); {code}"], "a zip file"
    )
    place.set(PYTHONPATH=place.here / "app.pyz")


@environment(python="3.10")
def tcmalloc_like_preload(place: Place) -> None:
    """EESSI/software-layer#585, jemalloc#937: a library for every process in LD_PRELOAD."""
    library = place.compile(place.here / "libhook.so.4", "int hook_is_here(void) { return 1; }\n")
    place.set(LD_PRELOAD=library)


@environment("workspace-not-writable")
def kubernetes_restricted_profile(place: Place) -> None:
    """Kubernetes' page "Pod Security Standards", restricted, with readOnlyRootFilesystem: HOME=/, no "
    "volume."""
    place.options += ["--ro-bind", str(place.home), str(place.home), "--tmpfs", "/mnt"]
    place.set(KUBERNETES_SERVICE_HOST="10.96.0.1")


@environment()
def kubernetes_restricted_profile_with_a_volume(place: Place) -> None:
    """The same with an emptyDir for PYTRITON_HOME."""
    kubernetes_restricted_profile(place)
    place.set(PYTRITON_HOME="/mnt/pytriton")


@environment(python=stock.SYSTEM)
def openshift_random_user(place: Place) -> None:
    """openshift/origin#23369: a uid that /etc/passwd does not know; HOME is usable."""
    _ = place.prefix
    place.as_nobody()
    place.options += ["--ro-bind", "/dev/null", "/etc/passwd", "--ro-bind", "/dev/null", "/etc/group"]


@environment("workspace-not-writable", python=stock.SYSTEM)
def openshift_random_user_at_home_in_root(place: Place) -> None:
    """seldon-core#4099, trino#22281: the same with HOME=/."""
    openshift_random_user(place)
    place.set(HOME="/")


@environment()
def home_with_a_tilde_in_an_env_file(place: Place) -> None:
    """systemd's EnvironmentFile= and docker's --env-file expand no `~`: a folder of that name is made."""
    place.set(PYTRITON_HOME="~/pt")


@environment("workspace-path-unsafe")
def quotes_of_an_env_file(place: Place) -> None:
    """docker's --env-file keeps quotes: they are a part of the path."""
    place.set(PYTRITON_HOME=f'"{place.home}/pt"')


@environment()
def preload_file_names_a_missing_library(place: Place) -> None:
    """Project-HAMi/HAMi#1346: /etc/ld.so.preload names libvgpu.so, which is not in this container."""
    copy = place.here / "etc"
    stock.run(["cp", "-a", "/etc", str(copy)], "a copy of /etc")
    place.write(copy / "ld.so.preload", "/usr/local/vgpu/libvgpu.so\n")
    place.options += ["--ro-bind", str(copy), "/etc"]


@environment()
def sitecustomize_that_fails(place: Place) -> None:
    """dd-trace-py#5771: an agent's sitecustomize raises ImportError; Python prints it and goes on."""
    text = "from ddtrace import LOADED_MODULES\n"
    place.write(place.here / "agent/sitecustomize.py", text)
    place.write(place.here / "agent/ddtrace/__init__.py", "")
    place.set(PYTHONPATH=place.here / "agent")
