# Run by the target's own interpreter with -I: standard library only, syntax of Python 3.8 (older ones
# still get far enough to tell their version).  Prints one JSON object on standard output.
import sys

STARTUP_MODULES = [name for name in sys.modules if name != "__main__"]


def _config():
    import sysconfig

    names = (
        "EXT_SUFFIX", "INSTSONAME", "LDLIBRARY", "LIBDIR", "MULTIARCH", "Py_DEBUG",
        "Py_ENABLE_SHARED", "Py_GIL_DISABLED", "SOABI", "VERSION",
    )
    return {name: sysconfig.get_config_var(name) for name in names}


def _site():
    import site

    user = site.getusersitepackages() if hasattr(site, "getusersitepackages") else None
    return {
        "packages": site.getsitepackages() if hasattr(site, "getsitepackages") else [],
        "user": user,
    }


def interview():
    import importlib.machinery
    import os

    frozen = []
    try:
        import _imp

        frozen = [n for n in ("_frozen_importlib", "_frozen_importlib_external") if _imp.is_frozen(n)]
    except ImportError:
        pass
    return {
        "version": "%d.%d.%d" % tuple(sys.version_info[:3]),
        "version_text": sys.version,
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "exec_prefix": sys.exec_prefix,
        "base_exec_prefix": sys.base_exec_prefix,
        "stdlib": os.path.dirname(os.__file__),
        "sys_path": list(sys.path),
        "builtin_modules": list(sys.builtin_module_names) + frozen,
        "startup_modules": STARTUP_MODULES,
        "extension_suffixes": list(importlib.machinery.EXTENSION_SUFFIXES),
        "abiflags": getattr(sys, "abiflags", ""),
        "machine": os.uname().machine,
        "config": _config(),
        "site": _site(),
    }


if __name__ == "__main__":
    if sys.version_info < (3, 3):
        print('{"version": "%d.%d.%d"}' % tuple(sys.version_info[:3]))
    else:
        import json

        print(json.dumps(interview()))
