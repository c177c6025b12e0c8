"""Command lines whose screens are read in every language: all commands, and wrong usage of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.fleet import synthetic
from tests.reports.make_cases import CASES
from tritondoctor.commands.help import PAGES
from tritondoctor.reports.demo import SCENES

#: quick ones; {python} is an environment without PyTriton
LINES = (
    *"""check --prefix plain
check -v --from two-causes.snapshot
check -q --from no-pytriton.snapshot
check --from healthy.snapshot --gpu required
check --format markdown --from two-causes.snapshot
check --format html --from two-causes.snapshot
check --prefix /nonexistent
check --python /bin/ls
check plain
check nowhere
check --gpu x
check --frm x
check --timeout 0
check --timeout abc
check --pid abc
check a b
check --pid 999999999
check --conda-env nope
chekc
fix --prefix plain
undo
undo --list
undo --id 1
selftest --prefix plain
attach
attach 999999999
attach ftp://x
attach localhost:8002
install
install minmal
install minimal --offline nowhere
download minimal dl
download nope dl
lock nope
advise
init proj
init proj
init other --ci github
libs /bin/ls
libs --versions /bin/ls
libs /etc/passwd
libs nowhere
explain
explain --list
explain nope
explain /nope.log
explain 'TimeoutError: timed out'
explain ended.log
snapshot x.snapshot --prefix plain
diff healthy.snapshot two-causes.snapshot
diff healthy.snapshot healthy.snapshot
diff healthy.snapshot nope
demo
demo nope
completion x
fleet report fleet.jsonl
fleet report nowhere
fleet run
fleet fix -i nope.yml
fleet undo -i nope.yml
--nope""".splitlines(),
    *(f"demo {scene}" for scene in SCENES),
    *(f"{command} --help" for command in PAGES),
    "--help",
)
_LOG = "INFO:pytriton.triton:waiting\nTriton Inference Server exit code -11\nKeyError: 'PATH'\n"
_HOSTS = 40


def prepare(folder: Path) -> None:
    """What the lines name."""
    for case in CASES.glob("*.snapshot"):
        shutil.copy(case, folder)
    (folder / "plain").mkdir()
    (folder / "ended.log").write_text(_LOG)
    records = "".join(f"{json.dumps(record)}\n" for record in synthetic.fleet(_HOSTS))
    (folder / "fleet.jsonl").write_text(records)
