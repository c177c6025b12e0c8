# Run by the target's own interpreter with -I -S: standard library only, syntax of Python 3.8 (older ones
# still get far enough to tell their version).  Prints one JSON object on standard output, behind a mark.
#
# Its own `site` then does its work, as that Python's distributor patched it, with all that would run code
# of site-packages replaced by readers: lines of .pth files, sitecustomize and usercustomize.
import os
import sys

ONLY_AST = 0x400
LONGEST_LINE = 20000
# what easy_install wrote around the paths of its .pth files
EGGS_BEGIN = "import sys; sys.__plen = len(sys.path)"
EGGS_END = (
    "import sys; new=sys.path[sys.__plen:]; del sys.path[sys.__plen:]; "
    "p=getattr(sys,'__egginsert',0); sys.path[p:p]=new; sys.__egginsert = p+len(new)"
)


class Reader(object):
    """Reads in place of `site` what it would run; does itself what says no more than a path."""

    def __init__(self, site):
        self.site = site
        self.code = []
        self.eggs = [0, 0]  # where the paths of a file begin, and where they are put

    def of_pth(self, source, *_):
        """Stands in for `exec` in `site.addpackage`."""
        around = sys._getframe(1).f_locals
        tree = compile(source, "<pth>", "exec", ONLY_AST)  # what is no Python fails as it would in exec
        followed = self._eggs(source.strip()) or self._paths(tree)
        if not followed:
            self._note(around.get("fullname", ""), source)
            self._fail_as_imports(tree)

    def of_module(self, name):
        """Stands in for `site.execsitecustomize` and `site.execusercustomize`."""

        def read():
            from importlib.machinery import PathFinder

            found = PathFinder.find_spec(name, sys.path)
            if found is not None and found.origin and not self._followed(found.origin):
                self._note(found.origin, "import " + name)

        return read

    def _followed(self, file):
        """Whether a module says no more than some paths, which are added then."""
        try:
            with open(file, encoding="utf-8") as opened:
                source = opened.read(LONGEST_LINE + 1)
            return len(source) <= LONGEST_LINE and self._paths(compile(source, file, "exec", ONLY_AST))
        except (OSError, ValueError, SyntaxError):
            return False

    def _note(self, file, text):
        line = {"file": file, "text": text.strip()[:LONGEST_LINE]}
        if line not in self.code:  # a venv's folder is visited twice
            self.code.append(line)

    def _fail_as_imports(self, tree):
        """`site` leaves the rest of a file aside where a line fails."""
        import _ast

        for node in tree.body:
            if not isinstance(node, _ast.Import):
                return
            for name in (name.name.split(".")[0] for name in node.names):
                if name not in sys.modules and not any(f.find_spec(name) for f in sys.meta_path):
                    raise ImportError("No module named " + name)

    def _eggs(self, source):
        if source == EGGS_BEGIN:
            self.eggs[0] = len(sys.path)
        elif source == EGGS_END:
            begin, at = self.eggs
            new = sys.path[begin:]
            del sys.path[begin:]
            sys.path[at:at] = new
            self.eggs[1] = at + len(new)
        else:
            return False
        return True

    def _paths(self, tree):
        """Does what a line says that does nothing but add constant paths."""
        steps = [self._step(node) for node in tree.body]
        if None in steps:
            return False
        for step in steps:
            step()
        return True

    def _step(self, node):
        import _ast

        if isinstance(node, _ast.Import):
            known = all(name.name in ("sys", "site") and not name.asname for name in node.names)
            return (lambda: None) if known else None
        call = node.value if isinstance(node, _ast.Expr) else None
        if isinstance(getattr(call, "value", None), str):  # a docstring
            return lambda: None
        if not isinstance(call, _ast.Call) or call.keywords:
            return None
        does = {
            ("sys", "path", "append"): (sys.path.append, [str]),
            ("sys", "path", "insert"): (sys.path.insert, [int, str]),
            ("site", "addsitedir"): (self.site.addsitedir, [str]),
        }.get(_dotted(call.func))
        values = [getattr(argument, "value", None) for argument in call.args]
        if does is None or [type(value) for value in values] != does[1]:
            return None
        return lambda: does[0](*values)


def _dotted(node):
    parts = []
    while hasattr(node, "attr"):
        parts.append(node.attr)
        node = node.value
    parts.append(getattr(node, "id", ""))
    return tuple(reversed(parts))


def _config():
    names = (
        "EXT_SUFFIX", "INSTSONAME", "LDLIBRARY", "LIBDIR", "MULTIARCH", "Py_DEBUG",
        "Py_ENABLE_SHARED", "Py_GIL_DISABLED", "SOABI", "VERSION",
    )
    try:
        known = _built_with()
        return {name: known.get(name) for name in names}
    except Exception:  # its table is gone, or of another build: no start of PyTriton reads it
        return {}


def _built_with():
    """The table that `sysconfig` reads (`_init_posix`), without the dozen modules that it brings in."""
    parts = (getattr(sys, "abiflags", ""), sys.platform, getattr(sys.implementation, "_multiarch", ""))
    try:
        return __import__("_sysconfigdata_%s_%s_%s" % parts).build_time_vars
    except ImportError:  # a distributor's Python may name it otherwise
        import sysconfig

        return sysconfig.get_config_vars()


def _named_in_archive(importer, name):
    """Stands in for `get_filename` of zipimport, which unpacks and compiles a module to tell its file."""
    files = importer._get_files() if hasattr(importer, "_get_files") else importer._files  # 3.13
    path = importer.prefix + name.rpartition(".")[2]
    for ending in (os.sep + "__init__.pyc", os.sep + "__init__.py", ".pyc", ".py"):
        if path + ending in files:
            return importer.archive + os.sep + path + ending
    raise ImportError(name)


def _site(site):
    """Lets `site` do its work; returns what it says, the code it would run and the modules it needed."""
    zipimport = sys.modules.get("zipimport")  # that of 3.7 is compiled, and too old anyway
    if zipimport is not None and sys.version_info >= (3, 8):
        zipimport.zipimporter.get_filename = _named_in_archive
    reader = Reader(site)
    setattr(site, "exec", reader.of_pth)  # as an attribute it is no Python 2
    site.execsitecustomize = reader.of_module("sitecustomize")
    site.execusercustomize = reader.of_module("usercustomize")
    before = set(sys.modules)
    site.main()
    needed = [name for name in sys.modules if name not in before]
    user = site.getusersitepackages() if hasattr(site, "getusersitepackages") else None
    packages = site.getsitepackages() if hasattr(site, "getsitepackages") else []
    return {"packages": packages, "user": user}, reader.code, needed


def as_json(value):
    """JSON without `json`, which would bring a dozen modules of the target's library in."""
    if isinstance(value, dict):
        return "{%s}" % ", ".join(as_json(name) + ": " + as_json(value[name]) for name in value)
    if isinstance(value, (list, tuple)):
        return "[%s]" % ", ".join(map(as_json, value))
    if isinstance(value, str):
        return '"%s"' % "".join(map(_sign, value))
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def _sign(sign):
    if " " <= sign <= "~" and sign not in '"\\':
        return sign
    number = ord(sign)
    if number < 0x10000:
        return "\\u%04x" % number
    number -= 0x10000
    return "\\u%04x\\u%04x" % (0xD800 + (number >> 10), 0xDC00 + (number & 0x3FF))


def interview():
    import site

    clocks = _clocks()

    modules = [name for name in sys.modules if name != "__main__"]
    # all that is needed is imported before a path of others comes first
    import _ast  # noqa: F401
    import importlib.machinery
    import pwd  # noqa: F401

    frozen = []
    try:
        import _imp

        frozen = [n for n in ("_frozen_importlib", "_frozen_importlib_external") if _imp.is_frozen(n)]
    except ImportError:
        pass
    config = _config()
    folders, code, needed = _site(site)
    return as_json({
        "stopped_clocks": _stopped(clocks),
        "version": "%d.%d.%d" % tuple(sys.version_info[:3]),
        "version_text": sys.version,
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "exec_prefix": sys.exec_prefix,
        "base_exec_prefix": sys.base_exec_prefix,
        "stdlib": os.path.dirname(os.__file__),
        "sys_path": [path for path in sys.path if isinstance(path, str)],
        "builtin_modules": list(sys.builtin_module_names) + frozen,
        "startup_modules": modules + needed,
        "extension_suffixes": list(importlib.machinery.EXTENSION_SUFFIXES),
        "abiflags": getattr(sys, "abiflags", ""),
        "machine": os.uname().machine,
        "config": config,
        "site": folders,
        "variables": dict(os.environ),
        "startup_code": code,
    })


def _clocks():
    import time

    return {"CLOCK_REALTIME": time.time(), "CLOCK_MONOTONIC": time.monotonic()}


def _stopped(before):
    """Clocks that read now what they read before: a library in place of the C library's time(2)."""
    return [name for name, seconds in sorted(_clocks().items()) if seconds == before[name]]


def answer():
    if sys.version_info < (3, 3):
        return '{"version": "%d.%d.%d"}' % tuple(sys.version_info[:3])
    return interview()


if __name__ == "__main__":
    sys.stdout.write("\n%s %s\n" % (sys.argv[-1], answer()))
    sys.stdout.flush()
    os._exit(0)
