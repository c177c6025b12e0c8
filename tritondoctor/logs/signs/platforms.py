"""Windows and macOS, where PyTriton has no wheels, and processors that a file was not built for."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, failure
from tritondoctor.support.messages import mark

_WINDOWS = (
    "This is Windows: a DLL, or one that it needs, does not load. Install Microsoft's Visual C++ "
    "Redistributable (x64), then the package again, for the CUDA that is there. PyTriton itself runs on "
    "Linux only: there use WSL 2 or a container."
)

SIGNS = (
    failure(
        r"\[WinError (?:126|127|193|1114)\]|DLL load failed while importing|Could not find module "
        r"'[^']*\.dll'|Could not load library \S+\.dll\. Error code",
        "OSError: [WinError 126] The specified module could not be found. Error loading "
        "\"C:\\Users\\ana\\venv\\lib\\site-packages\\torch\\lib\\fbgemm.dll\" or one of its "
        "dependencies.",
        _WINDOWS,
        what=mark("A DLL does not load: this is Windows"),
        source="Hi3DGen_1Click_installer#3, CosyVoice#1836, cupy#7253, ComfyUI-GIMM-VFI#17, "
        "onnxruntime#7965",
        needles=(b"WinError", b"DLL load", b".dll"),
    ),
    failure(
        r"\[WinError 5\]", "PermissionError: [WinError 5] Access is denied: 'saves'",
        "Windows refuses the access: the folder belongs to another user or is protected, the file is "
        "open in another program, or a virus scanner keeps it. Use a folder of your own (not below "
        "C:\\Program Files), and close what has the file open.",
        what=mark("Windows refuses the access to a file or folder"),
        source="chaoxing#56, ESRGAN#45, Baidu-FE-Code-Style#32", needles=(b"WinError 5]",),
    ),
    failure(
        r"\[WinError [23]\]",
        "[WinError 2] The system cannot find the file specified",
        "This is Windows: a file, or a program that the script starts, is not there, or its folder is "
        "not on PATH. Compare the path; in Python write it as r\"C:\\FOLDER\\FILE\".",
        what=mark("Windows does not find a file"), weak=True,
        source="Accesser#61, QzoneExporter#11", needles=(b"WinError 2]", b"WinError 3]"),
    ),
    failure(
        r"is not a valid Win32 application",
        "UNAVAILABLE: Not found: unable to load shared library: %1 is not a valid Win32 application",
        "This is Windows, and the DLL is for another processor, or no DLL at all. Take the backend of "
        "the very Triton release for Windows.",
        what=mark("A DLL is for another processor: this is Windows"),
        source="server#7636", needles=(b"Win32 application",),
    ),
    failure(
        r"incompatible architecture \(have '?\(?\w+",
        "ImportError: dlopen(/Users/ana/scope.cpython-39-darwin.so, 0x0002): tried: "
        "'/Users/ana/scope.cpython-39-darwin.so' (mach-o file, but is an incompatible architecture (have "
        "'x86_64', need 'arm64'))",
        "This is macOS, and the file is for another processor than this Python. Install the package "
        "again with this Python: python -m pip install --force-reinstall --no-cache-dir PACKAGE. "
        "PyTriton itself runs on Linux only: there use a container.",
        what=mark("A file is for another processor: this is macOS"),
        source="skscope#1, SoloX#275, mlx#621", needles=(b"incompatible architecture",),
    ),
    cause(
        "wsl-gpu-unusable", r"NVML: GPU access blocked by the operating system",
        "Failed to initialize NVML: GPU access blocked by the operating system", plain=True,
        source="WSL#9938, WSL#9962, WSL#12835",
        fix="In a container: set no-cgroups = false in /etc/nvidia-container-runtime/config.toml inside "
        "WSL, and restart Docker. Else `wsl --update`, and update the NVIDIA driver in Windows. WSL uses "
        "a GPU in WDDM mode only: `nvidia-smi` in Windows shows the mode.",
        needles=(b"access blocked",),
    ),
    failure(
        r"status=(?:203/EXEC|217/USER)",
        "undervolt.service: Main process exited, code=exited, status=203/EXEC",
        "203: the program of ExecStart= is not there, or may not be executed: name it with its whole "
        "path. 217: the user of User= does not exist. `systemctl cat UNIT` shows the unit.",
        what=mark("systemd could not start the program of a unit"),
        source="undervolt#189, WebControl#184, LiFePO4wered-Pi#63", needles=(b"status=2",),
    ),
    failure(
        r"couldn't find libnvidia-ml\.so library in your system",
        "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the "
        "NVIDIA Display Driver is properly installed and present in your system.",
        "In a container: the driver's libraries were not mounted; start it with --gpus all, and without "
        "an old image's own driver. On a host: install the driver again, or run `sudo ldconfig`.",
        what=mark("nvidia-smi finds no library of the driver"),
        source="nvidia-docker#155", needles=(b"libnvidia-ml",),
    ),
    failure(
        r"File \"[^\"\n]+/(?:site|dist)-packages/[^\"\n]+\", line \d+\n(?:[^\n]*\n){1,3}"
        r"[^\n]*SyntaxError: invalid syntax",
        '  File "/usr/local/lib/python3.5/dist-packages/logme/__init__.py", line 53\n    raise '
        "MisMatchScope(f\"{callable_} is a class\")\n    ^\nSyntaxError: invalid syntax",
        "The package is written for another Python than the one that runs, most often a newer one: use "
        "that, or an older version of the package (its page on PyPI tells Requires: Python).",
        what=mark("A package is written for another Python"), whole=True,
        source="logme#6, corintick#2, setuptools#2541", needles=(b"SyntaxError",),
    ),
    failure(
        r"^FATAL: kernel too old",
        "FATAL: kernel too old",
        "The C library (glibc) of this program or image needs a newer Linux kernel than this machine "
        "has: use an older image or release, or a machine with a newer kernel.",
        what=mark("The kernel is too old"),
        source="freebayes#547, diamond#188, megahit#294", needles=(b"kernel too",),
    ),
    failure(
        r"in _execute_child\n[^\n]*\n(?:[^\n]*[~^]+ *\n)?[^\n]*FileNotFoundError: "
        r"\[Errno 2\] [^\n]*: '[^'/\n]+'",
        '  File "/usr/lib/python3.10/subprocess.py", line 1863, in _execute_child\n    raise '
        "child_exception_type(errno_num, err_msg, err_filename)\nFileNotFoundError: [Errno 2] No such "
        "file or directory: 'ffmpeg'",
        "The program starts another one that is not installed, or whose folder is not on PATH: install "
        "it where the program runs, in a container in its image.",
        what=mark("A program that Python starts is not found"), whole=True,
        source="GEM-X#5, refacer#29, five-video-classification-methods#57",
        needles=(b"FileNotFoundError",),
    ),
)  # fmt: skip
