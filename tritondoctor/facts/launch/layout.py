"""Where the parts of a launch will be, once PyTriton has made its workspace.

The workspace does not exist yet, so it is laid over the file system as changes that nobody made.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping

import msgspec

from tritondoctor.facts.imports.syntax import syntax_tree, text_of
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.facts.launch.model import PyTriton
from tritondoctor.facts.launch.pytriton import SINGLE_STUB, STUB, STUBS
from tritondoctor.facts.launch.server_copy import BLOCK
from tritondoctor.loader import Change, Copy, Files
from tritondoctor.support.reading import Limit

MODEL = "Linear"
WORKSPACE = "workspace_XXXXXXXX"  # tempfile's eight characters
TEMPORARY = "/tmp"  # Triton's own choice for the files of a model; it ignores TMPDIR
MODEL_FOLDER = f"{TEMPORARY}/folderXXXXXX"


class LaunchLayout(msgspec.Struct, frozen=True):
    """The paths of a launch, the server's variables, and the files that the launch makes.

    `model_size` is how many bytes the model's files take, block by block.
    """

    workspace: str
    server: str
    backend: str
    stub: str
    source_stub: str
    model_files: tuple[str, ...]
    model_size: int
    variables: dict[str, str]
    changes: dict[str, Change]

    @property
    def variables_size(self) -> int:
        """Bytes of the server's variables, as execve(2) copies them."""
        return sum(len(os.fsencode(f"{name}={value}")) + 1 for name, value in self.variables.items())

    @property
    def longest_socket(self) -> str:
        """The longest path of a socket that PyTriton's proxy binds (pytriton/proxy/communication.py)."""
        return os.path.join(self.workspace, f"{MODEL}_0_0-server.sock")


def lay_out(
    files: Files,
    interpreter: Interpreter,
    pytriton: PyTriton,
    variables: Mapping[str, str],
    home: str,
) -> LaunchLayout:
    """The layout below PyTriton's home (pytriton/triton.py, `_prepare_triton_inference_server`)."""
    workspace = os.path.join(home, WORKSPACE)
    own = f"{pytriton.package}/tritonserver"
    server = f"{workspace}/tritonserver" if pytriton.copies else own
    backend = f"{server}/backends/python"
    stub = f"{pytriton.package}/{STUBS}/{interpreter.minor}/{STUB}"
    if pytriton.single_stub:
        stub = f"{pytriton.package}/{SINGLE_STUB}"
    changes: dict[str, Change] = {server: Copy(own)} if pytriton.copies else {}
    if pytriton.copies and files.exists(stub):
        # the server gives a stub its execute bit back (`chmod` in StubLauncher)
        changes[f"{backend}/{STUB}"] = Copy(stub, 0o755)
    model_files, model_size = proxy_files(files, pytriton.package), 0
    for name in model_files:
        source = f"{pytriton.package}/proxy/{name}"
        if files.is_file(source):
            changes[f"{MODEL_FOLDER}/1/{name}"] = Copy(source)
            model_size += -(-files.stat(source).size // BLOCK) * BLOCK
    return LaunchLayout(
        workspace, f"{server}/bin/tritonserver", backend, f"{backend}/{STUB}", stub, model_files,
        model_size, _server_variables(variables, interpreter, pytriton), changes,
    )  # fmt: skip


def _server_variables(
    variables: Mapping[str, str], interpreter: Interpreter, pytriton: PyTriton
) -> dict[str, str]:
    """The variables of the server (pytriton/server/triton_server.py, `_get_env`)."""
    inherited = dict(variables)
    given = inherited.get("LD_LIBRARY_PATH")
    inherited["LD_LIBRARY_PATH"] = pytriton.libs if given is None else f"{given}:{pytriton.libs}"
    if "PATH" in inherited:
        inherited["PATH"] = f"{os.path.join(interpreter.exec_prefix, 'bin')}:{inherited['PATH']}"
    return inherited


def proxy_files(files: Files, package: str) -> tuple[str, ...]:
    """The files of the model that PyTriton sends to its server: `Model.SCRIPT_FILES_TO_COPY`,
    `files_to_copy` (0.2, 0.3), or `proxy_path / "…"` for each (0.1).
    """
    try:
        return files.parsed(f"{package}/models/model.py", Limit.SOURCE, _proxy_files, _proxy_files)
    except (OSError, SyntaxError, ValueError):
        return ()


def _proxy_files(source: bytes) -> tuple[str, ...]:
    tree = syntax_tree(source.decode("utf-8", "replace"))
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and "files_to_copy" in text_of(node.targets[0]).lower():
            return _strings(node.value)
        if isinstance(node, ast.BinOp) and text_of(node.left) == "proxy_path":
            names += _strings(node.right)
    return tuple(names)


def _strings(expression: ast.expr) -> tuple[str, ...]:
    return tuple(
        node.value
        for node in ast.walk(expression)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
