"""Random small graphs of libraries against really started programs. A seed is a graph."""

from __future__ import annotations

import os
import random
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.loader.layout import Layout, Toolbox
from tests.loader.oracle import modelled, same_start, same_tries, traced
from tritondoctor.loader import Files

GRAPHS = int(os.environ.get("TRITONDOCTOR_TEST_GRAPHS", "250"))
NAMES = [f"libr{number}.so" for number in range(7)]
PLACES = ["a", "b", "c", "d", "a/sub", "a/glibc-hwcaps/x86-64-v2", "b/glibc-hwcaps/x86-64-v3"]


def some_paths(chance: random.Random, root: Path) -> str:
    choices = [f"{root}/{place}" for place in PLACES]
    choices += ["$ORIGIN", "$ORIGIN/../b", "$ORIGIN/../c", f"{root}/d/", *choices[:4]]
    choices += [f"{root}/none", "", ".", "c", "$LIB"]
    return ":".join(chance.choice(choices) for _ in range(chance.choice([0, 1, 2, 4, 5])))


def some_tags(chance: random.Random, root: Path) -> dict[str, str]:
    tag = chance.choice(["rpath", "runpath", "none", "rpath"])
    return {} if tag == "none" else {tag: some_paths(chance, root)}


def grow(layout: Layout, chance: random.Random) -> None:
    for number, name in enumerate(NAMES):
        for place in chance.sample(PLACES, chance.choice([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3])):
            spoil = chance.random()
            if spoil < 0.02:
                layout.path(f"{place}/{name}").write_text(chance.choice(["", "text\n" * 40]))
                continue
            if spoil < 0.05:
                target = chance.choice([name, "gone.so", f"../{chance.choice(NAMES)}"])
                layout.path(f"{place}/{name}").symlink_to(target)
                continue
            others = NAMES[number + 1 :] if chance.random() < 0.8 else NAMES
            needed = chance.sample(others, min(len(others), chance.choice([0, 0, 1, 1, 2, 3])))
            soname = chance.choice(["", "", "", None, chance.choice(NAMES)])
            options = []
            if chance.random() < 0.1:
                options = [f"--{chance.choice(['auxiliary', 'filter'])}={chance.choice(NAMES)}"]
            if chance.random() < 0.05:
                options += ["-z", "nodefaultlib"]
            path = layout.library(
                f"{place}/{name}",
                needed,
                soname,
                options=options,
                opener=chance.random() < 0.3,
                **some_tags(chance, layout.root),
            )
            if spoil > 0.97:
                path.write_bytes(path.read_bytes()[:4] + b"\x01" + path.read_bytes()[5:])
    needed = chance.sample(NAMES, chance.randint(1, 3))
    layout.program(needed=needed, **some_tags(chance, layout.root))


def one_graph(toolbox: Toolbox, root: Path, seed: int) -> bool:
    chance = random.Random(seed)
    layout = Layout(toolbox, root)
    (root / "a").mkdir(parents=True)
    grow(layout, chance)
    loads = False
    cwd = str(root / chance.choice(["a", "."]))
    for _ in range(4):
        variables = {}
        if chance.random() < 0.7:
            value = some_paths(chance, root)
            if chance.random() < 0.3:
                value = value.replace(":", ";")
            variables["LD_LIBRARY_PATH"] = value
        if chance.random() < 0.25:
            names = [*NAMES, f"{root}/a/{NAMES[3]}", f"./{NAMES[5]}"]
            variables["LD_PRELOAD"] = " ".join(chance.sample(names, chance.randint(1, 2)))
        opens = [
            chance.choice(["", "", f"{chance.choice(NAMES)}!"])
            + chance.choice([*NAMES, f"{root}/a/{NAMES[1]}", f"./{NAMES[4]}"])
            for _ in range(chance.randint(0, 4))
        ]
        quiet = same_tries(root / "m", variables, cwd)
        loaded = {one.name for one in quiet.objects if _opens(one.path, cwd)}
        usable = [one for one in opens if "!" not in one or one.split("!")[0] in loaded]
        loads |= quiet.loads
        if quiet.loads and usable:
            same_start(root / "m", variables, cwd, *usable)
        if not any(one.elf.auxiliary or one.elf.filter for one in quiet.objects):
            files, program = Files(), str(root / "m")
            real = traced(program, variables, cwd, files)
            if not any(": error while loading" in line for line in real.said):
                assert modelled(program, variables, cwd, files) == real
    return loads


def _opens(path: str, cwd: str) -> bool:
    return b"open_it" in Path(cwd, path).read_bytes()


def test_random_graphs(toolbox: Toolbox, tmp_path: Path) -> None:
    def attempt(seed: int) -> str:
        try:
            return "loads" if one_graph(toolbox, tmp_path / str(seed), seed) else "fails"
        except AssertionError as wrong:
            return f"seed {seed}: {wrong!r}\n{traceback.format_exc(limit=-3)}"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, range(GRAPHS)))
    wrong = [answer for answer in answers if answer not in ("loads", "fails")]
    print(f"{GRAPHS} graphs, {answers.count('loads')} of them load in some setting")
    assert not wrong, "\n".join(wrong[:5])
