"""How the import of a source fails that Python cannot read."""

from __future__ import annotations

import ast
import builtins
import errno

from tritondoctor.facts.imports.model import ImportReason
from tritondoctor.facts.imports.statements import defined_names
from tritondoctor.facts.imports.syntax import syntax_tree

#: what binds names for itself
_OWN_NAMES = (ast.Lambda, ast.comprehension)
#: what every module has
_OF_MODULES = frozenset(("__name__", "__file__", "__doc__", "__package__", "__path__", "__spec__"))


def reason_of(failure: Exception) -> ImportReason:
    if isinstance(failure, CutName):
        return "cut-name"
    if isinstance(failure, SyntaxError):
        return "invalid-syntax"
    if isinstance(failure, UnicodeDecodeError):
        return "undecodable"
    return "encoding-refused" if isinstance(failure, UnicodeError) else ""


def words_of(failure: Exception) -> str:
    if isinstance(failure, SyntaxError):
        return f"line {failure.lineno}: {failure.msg}"
    if isinstance(failure, OSError):
        return errno.errorcode.get(failure.errno or 0, "") + f": {failure.strerror}"
    return str(failure)


class CutName(ValueError):  # noqa: N818
    """A source that ends within a name, which Python then calls not defined."""


def require_whole_names(source: str) -> None:
    """Raises CutName where a source without a last newline ends with a name that nothing binds."""
    if source[-1:] in ("", "\n"):
        return
    body = syntax_tree(source).body
    if not body or not isinstance(body[-1], (ast.Expr, ast.Assign, ast.AnnAssign)):
        return
    bound = defined_names(source)
    if bound is None or any(isinstance(node, _OWN_NAMES) for node in ast.walk(body[-1])):
        return
    known = {*bound, *dir(builtins), *_OF_MODULES}
    for node in ast.walk(body[-1]):
        if isinstance(node, ast.Name) and node.id not in known:
            raise CutName(node.id)
