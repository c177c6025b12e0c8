"""Compares, of the same facts, the findings of the live check with those of their snapshot.

Run in the sandbox of an environment; its argument is a file with what tests/truth/outside.py is told.
Prints both as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tritondoctor import facts
from tritondoctor.examination import snapshot
from tritondoctor.examination.report import as_json, masked, report_of
from tritondoctor.target import Named, find_target

given = json.loads(Path(sys.argv[1]).read_text())
target = find_target(given["variables"], given["cwd"], Named(python=given["python"]))
observed = facts.gather(target)
sides = []
for paths in (False, True):
    text = snapshot.as_text(snapshot.take(target, observed, paths=paths))
    read = snapshot.parse(text.encode(), "it")
    live = masked(report_of(target, observed), paths=paths)
    kept = masked(snapshot.report(read, "it"), paths=paths)
    told = [as_json(one) for one in (live, kept)]
    sides.append([json.dumps([one["verdict"], one["target"], one["findings"]]) for one in told])
print(json.dumps(sides))
