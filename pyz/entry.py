# The entry of tritondoctor.pyz.  Python 2.7 can run it, to say which Python is needed.
import os
import sys


def is_program(path):
    """Whether a file is a program; a script may name an interpreter that is missing."""
    try:
        with open(path, "rb") as file:
            return os.access(path, os.X_OK) and file.read(4) == b"\x7fELF"
    except (IOError, OSError):
        return False


def refuse():
    try:
        from shlex import quote
    except ImportError:
        from pipes import quote
    here = sys.executable or "python"
    newer = [
        os.path.join(folder, "python3.%d" % minor)
        for minor in range(14, 8, -1)
        for folder in os.environ.get("PATH", "").split(os.pathsep) + ["/usr/bin", "/usr/local/bin"]
        if is_program(os.path.join(folder, "python3.%d" % minor))
    ]
    say = sys.stderr.write
    say("tritondoctor needs Python 3.9 or newer to run; this is %s (%s).\n"
        % (sys.version.split()[0], here))
    if newer:
        say("Run:\n    %s\n" % " ".join(quote(word) for word in [newer[0]] + sys.argv))
    else:
        say("There is no newer Python on PATH. Install one (apt-get install python3, dnf install python3.11), "
            "or give the path of one:\n    /path/to/python3 %s\n"
            % " ".join(quote(word) for word in sys.argv))
    say("It can still examine environments of this Python: check --python %s\n" % quote(here))
    sys.exit(2)


if sys.version_info < (3, 9):
    refuse()

# PYTHONPATH is meant for the examined environment; with -I Python ignores it
theirs = [os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep)]
sys.path[1:] = [path for path in sys.path[1:] if sys.flags.isolated or path not in theirs]

try:
    import start

    start.main()
except KeyboardInterrupt:
    sys.exit(130)
