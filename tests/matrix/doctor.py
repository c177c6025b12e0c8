"""The doctor's command line for whatever Python starts this; its packages lie beside it, by version.

`compile` does for them what an installation would have done.  `outside check` examines for variables
with which no dynamically linked Python starts (they come on standard input), and repairs nothing.
"""

import compileall
import os
import runpy
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OWN = [f"{HERE}/source", "%s/%d.%d" % (HERE, *sys.version_info[:2])]  # noqa: UP031
sys.path[:0] = OWN

if sys.argv[1] == "compile":
    for folder in OWN:
        compileall.compile_dir(folder, quiet=2)
elif sys.argv[1] != "outside":
    from tritondoctor.__main__ import main

    sys.argv[0] = "tritondoctor"
    main()
elif sys.argv[2] == "check":
    runpy.run_path(f"{HERE}/outside.py", run_name="__main__")
else:
    sys.exit("the doctor does not start with these variables")
