"""What an object needs, loaded breadth first (glibc's elf/dl-deps.c, `_dl_map_object_deps`)."""

from __future__ import annotations

from .map import Map
from .model import Problem
from .namespace import MAX_REQUESTS, Failure, Namespace, put_before
from .search import expand


def load_dependencies(
    space: Namespace, first: Map, preloads: list[Map]
) -> tuple[list[Map], list[Problem]]:
    """Load what `first` needs, breadth first; return (its search list, the problems).

    The real loader stops at the first failure; here a stand-in replaces the missing object and loading
    continues, as when the loader traces.
    """
    order = [first, *preloads]
    known = {link_map.number for link_map in order}
    problems: list[Problem] = []
    done: set[int] = set()
    at = requests = 0
    while at < len(order):
        asker = order[at]
        at += 1
        if asker.number in done:
            continue
        done.add(asker.number)
        for kind, written in asker.elf.dependencies if asker.elf else ():
            requests += 1
            if requests > MAX_REQUESTS:
                space.files.leave_out(first.file, f"needs more than {MAX_REQUESTS:,} libraries")
                break
            name = expand(written, asker.origin, space.system) if "$" in written else written
            try:
                new = space.resolve(name, asker)
            except Failure as failure:
                if kind == "auxiliary":
                    continue
                problems.append(failure.problem)
                new = space.add(name, name, None, asker, None, asker.path)
            if kind == "needed":
                if new.number not in known:
                    order.append(new)
            elif new.number not in known or order.index(new) > order.index(asker):
                put_before(order, new, asker)
                space.move_before(new, asker)
                at = 0  # it stands before those that are done
            known.add(new.number)
    return [link_map for link_map in order if not link_map.missing], problems
