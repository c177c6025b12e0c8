"""The program's entrance: nothing that surrounds it, and is meant for the target, gets into it."""

# Nothing is imported before `_shield` but what no file can stand in for: `sys`, and `posix`, which is
# compiled into the interpreter.
import posix
import sys


def _shield() -> None:
    """Takes PYTHONPATH and the working directory off `sys.path`, unless the doctor lives there.

    They are the target's; a module of theirs in place of one of ours would stop the doctor.
    """
    if sys.flags.isolated:
        return
    try:
        foreign = {posix.getcwd(), ""}
    except OSError:
        foreign = {""}
    listed = posix.environ.get(b"PYTHONPATH", b"").decode("utf-8", "surrogateescape")
    foreign |= {path.rstrip("/") for path in listed.split(":")}
    own = __file__.rpartition("/")[0].rpartition("/")[0]
    sys.path[:] = [path for path in sys.path if path.rstrip("/") not in foreign or _is_own(path, own)]


def _is_own(path: str, own: str) -> bool:
    site = sys.modules.get("site")
    return path == own or (site is not None and path in site.getsitepackages())


def main() -> None:
    """Runs the command line (cli.py), and ends the process with its exit code."""
    _shield()
    import gc

    gc.disable()  # a short life: what is collected at its end costs nothing
    from tritondoctor.support import importing

    importing.list_folders_once()
    from tritondoctor.support import signals

    signals.take_over()  # before msgspec: interrupted while it is imported, it ends the process later
    importing.import_msgspec()
    from tritondoctor.support import ending, frames, shortage, streams, variables

    _write_for_us_alone()
    with ending.in_order():
        streams.take_over()
        variables.set_aside()
        shortage.require_descriptors()
        frames.with_room(_run)


def _write_for_us_alone() -> None:
    """What the doctor makes, records above all, is for nobody else to change."""
    try:
        posix.umask(posix.umask(0o077) | 0o002)
    except OSError:  # a filter of system calls refuses it
        pass


def _run() -> None:
    from tritondoctor.commands import quick

    quick.run(sys.argv[1:])
    from tritondoctor import cli

    cli.main()


if __name__ == "__main__":
    main()
