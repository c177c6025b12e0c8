"""`tritondoctor check --json` for variables with which no dynamically linked python starts at all.

Standard input holds {"variables": …, "cwd": …, "python": …}; the doctor itself runs without them.
"""

from __future__ import annotations

import json
import signal
import sys

from tritondoctor import facts
from tritondoctor.examination import report
from tritondoctor.target import Named, find_target

signal.signal(signal.SIGCHLD, signal.SIG_DFL)
given = json.load(sys.stdin)
target = find_target(given["variables"], given["cwd"], Named(python=given["python"]))
print(json.dumps(report.as_json(report.report_of(target, facts.gather(target)))))
