"""The user's own script and shell: what Python cannot read, what is not found, what may not run."""

from __future__ import annotations

from tritondoctor.logs.signs.model import failure
from tritondoctor.support.messages import mark

SIGNS = (
    failure(
        r"SyntaxError: (?:invalid character '?.'? \(U\+(?:FF|30|201)|invalid character in identifier|"
        r"invalid non-printable character)",
        "SyntaxError: invalid character '\uff08' (U+FF08)",
        "A source file holds a mark that is no part of Python: a bracket, comma, quotation mark or space "
        "of an input method or a web page. Python names the file and the line before: write the mark "
        "again in half width.",
        what=mark("A source file holds marks in full width"),
        source="pilot#682, sign_weibo_chaohua#19", needles=(b"invalid character", b"non-printable"),
    ),
    failure(
        r"SyntaxError: (?:\(unicode error\) )?"
        r"(?:Non-UTF-8 code starting with|'utf-8' codec can't decode)",
        "SyntaxError: Non-UTF-8 code starting with '\\xb2' in file server.py on line 2, but no encoding "
        "declared; see https://peps.example/pep-0263/ for details",
        "The source file is not in UTF-8 (on Chinese Windows often in GBK): save it as UTF-8 in your "
        "editor, or write its encoding into the first line: # -*- coding: gbk -*-",
        what=mark("A source file is not in UTF-8"),
        source="Python 3.11 with such a file", needles=(b"Non-UTF-8", b"can't decode"),
    ),
    failure(
        r"Unicode(?:En|De)codeError: '(?:gbk|gb2312|gb18030|big5|cp\d+|charmap|shift_jis|latin-1)' codec "
        r"can't (?:en|de)code",
        "UnicodeDecodeError: 'gbk' codec can't decode byte 0x80 in position 68: illegal multibyte "
        "sequence",
        "Python reads and writes text in the encoding of this system's language here, and the text is in "
        "another one, mostly UTF-8: set PYTHONUTF8=1, or give open() encoding=\"utf-8\".",
        what=mark("A text has another encoding than Python takes here"),
        source="hcgf#12, chinese-poetry-zhCN#3, Qwen-Agent#8", needles=(b"codec can't",),
    ),
    failure(
        r"TypeError: unsupported operand type\(s\) for \|: '(?:type|NoneType|ABCMeta|_SpecialForm|"
        r"[\w.]*GenericAlias)' and '",
        "TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'",
        "The program is written for a newer Python than the one that runs: `X | None` in its annotations "
        "needs 3.10. Use a newer Python, or an older version of the package; in a "
        "file of your own put `from __future__ import annotations` first.",
        what=mark("A program is written for a newer Python"),
        source="opower#38, PyFMI#328, surya#277, mailrise#133, KMP-Kemono-Downloader#9",
        needles=(b"for |:",),
    ),
    failure(
        r"\bpython[\d.]*(?:\.exe)?: can't open file '?(?P<path>[^']+?)'?: \[Errno (?:2|13)\]|"
        r"/(?:ba|da)?sh: (?:\d+: )?can't open '?[^']+'?(?:$|: No such file)",
        "python3: can't open file '/workspace/server.py': [Errno 2] No such file or directory",
        "Python was started with a script that is not there, or that it may not read. Compare the path, "
        "which begins in the current folder. In a container: copy or mount the script (-v), and write "
        "the path that it has there.",
        what=mark("The script is not there"),
        source="docker-library/python#150, PiConsensus#9, instapy-docker#29, morss#72",
        needles=(b"can't open",),
    ),
    failure(
        r"exec: \\*\"?(?P<program>[^\"\\:]+)\\*\"?: permission denied",
        "docker: Error response from daemon: OCI runtime create failed: container_linux.go:345: starting "
        'container process caused "exec: \\"/run.sh\\": permission denied": unknown.',
        "The container's program has no execute permission: in its Dockerfile `RUN chmod +x FILE` after "
        "COPY, or on the host where it is mounted; or start it through its interpreter, `bash FILE`.",
        what=mark("The container's program may not be executed"),
        source="tutum-mysql#85, omd-labs-docker#9, docker-overpass-api#10",
        needles=(b"ermission denied",),
    ),
    failure(
        r"^(?:-?(?:ba|da|z|k)?sh|/bin/\w+|env): (?:\d+: |line \d+: )?(?P<path>\.{0,2}/[^:]+): "
        r"(?i:permission denied)$",
        "bash: ./run.sh: Permission denied",
        "The script has no execute permission, or lies on a file system mounted noexec: chmod +x FILE, "
        "or start it through its interpreter: `bash FILE`.",
        what=mark("A script may not be executed"), weak=True,
        source="fast-data-dev#154, docker_bonita#18, mstr-docker#2", needles=(b"ermission denied",),
    ),
    failure(
        r"^(?:SyntaxError|IndentationError|TabError): ",
        "SyntaxError: invalid syntax",
        "Python cannot read a source file; the lines before name the file and the place. If nothing is "
        "wrong there, this Python is older than the file needs (f-strings: 3.6, `match`: 3.10; `python` "
        "may be Python 2): `python3 -V` shows which one runs.",
        what=mark("Python cannot read a source file"), weak=True,
        source="Python 2.7 and 3.9 with such scripts; also logme#6",
        needles=(b"SyntaxError", b"IndentationError", b"TabError"),
    ),
    failure(
        r"RuntimeError: (?:asyncio\.run\(\) cannot be called from a running event loop|"
        r"This event loop is already running)",
        "RuntimeError: asyncio.run() cannot be called from a running event loop",
        "A notebook runs an event loop of its own: write `await main()` in the cell in place of "
        "asyncio.run(main()), or run the program as a script.",
        what=mark("A notebook already runs an event loop"), weak=True,
        source="asyncio's own text (runners.py)", needles=(b"event loop",),
    ),
    failure(
        r"^(?:.*: )?(?:-?(?:ba|da|z|k)?sh|/bin/\w+): (?:\d+: |line \d+: )?(?P<program>[\w./+-]+): "
        r"(?:command )?not found$|^zsh: command not found: \S+$|sh\.CommandNotFound: [\w.-]+$|"
        r"is not recognized as (?:an internal or external command|the name of a cmdlet)|"
        "\u4e0d\u662f\u5185\u90e8\u6216\u5916\u90e8\u547d\u4ee4|"
        "\u65e0\u6cd5\u5c06.{1,80}\u8bc6\u522b\u4e3a cmdlet",
        "bash: tritonserver: command not found",
        "The shell finds no such program: it is not installed here, or its folder is not on PATH. "
        "tritonserver itself is in NVIDIA's images (/opt/tritonserver/bin) and inside of PyTriton; "
        "nvidia-smi comes with the driver.",
        what=mark("The shell does not find a program"), weak=True,
        source="bash's, dash's and zsh's own text; also model_navigator#17",
        needles=(
            b"not found", b"CommandNotFound", b"not recognized", "\u5916\u90e8\u547d\u4ee4".encode(),
            "\u8bc6\u522b\u4e3a".encode(),
        ),
    ),
)  # fmt: skip
