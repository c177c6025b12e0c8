"""Every text that a person reads is a template, so that a catalogue alone can translate it."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import tritondoctor.checks
from tritondoctor.checks import CATALOGUE
from tritondoctor.checks.model import counted, listed, text

CHECKS = Path(tritondoctor.checks.__file__).parent
MODULES = sorted(CHECKS.rglob("*.py"))
#: what makes a text, or holds one that a `text()` of its own gets
MAKERS = ("text", "counted", "listed", "Text")
#: commands are not translated
COMMANDS = ("podman ", "apptainer ", "docker ")


def _calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def _is_english(value: str) -> bool:
    """Return whether two words follow each other: more than a path, a name or an option."""
    words = value.split()
    return any(word.isalpha() and after.isalpha() for word, after in zip(words, words[1:]))


def _words(node: ast.AST) -> Iterator[str]:
    """Yield the strings of an expression that are not templates."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
        return
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _words(child)


def _fields(tree: ast.AST) -> Iterator[ast.expr]:
    """What the fields of a text or of a check's result are filled with."""
    for call in _calls(tree, "text", "counted"):
        yield from (keyword.value for keyword in call.keywords)
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
            yield from node.values


def _assigned(function: ast.AST, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and name in {ast.unparse(target) for target in node.targets}:
            yield node.value


def _filled_with(function: ast.AST) -> Iterator[ast.expr]:
    for value in _fields(function):
        yield value
        if isinstance(value, ast.Name):
            yield from _assigned(function, value.id)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CHECKS)))
def test_no_field_holds_english_that_is_no_text(path: Path) -> None:
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    values = [value for function in functions for value in _filled_with(function)]
    words = [words for value in values for words in _words(value)]
    assert [some for some in words if _is_english(some) and not some.startswith(COMMANDS)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CHECKS)))
def test_a_template_is_a_constant(path: Path) -> None:
    """No f-string, sum or join: gettext finds constants only."""
    for call in _calls(ast.parse(path.read_text()), "text", "counted"):
        if path.name != "model.py":
            templates = call.args[: 2 if ast.unparse(call.func) == "counted" else 1]
            for template in templates:
                assert not isinstance(template, (ast.JoinedStr, ast.BinOp, ast.Call)), ast.unparse(call)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CHECKS)))
def test_nothing_is_joined_or_capitalised_to_english(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            joint = node.func.value
            first_letter = isinstance(joint, ast.Subscript) and isinstance(joint.slice, ast.Slice)
            assert node.func.attr != "capitalize" and not (node.func.attr == "upper" and first_letter)
            if node.func.attr == "join" and isinstance(joint, ast.Constant):
                assert not str(joint.value).strip().isalpha(), ast.unparse(node)


def test_the_texts_of_a_rule_are_templates() -> None:
    for rule in CATALOGUE.values():
        for template in (rule.title, rule.explanation):
            names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
            assert all(name.isidentifier() for name in names), rule.id


def test_plurals_and_lists() -> None:
    assert str(counted("{n} file", "{n} files", 1)) == "1 file"
    files = counted("{n} file in {folder}", "{n} files in {folder}", 3, folder="/e")
    assert str(files) == "3 files in /e"
    assert [str(listed(items)) for items in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "a", "a and b", "a, b and c",
    ]  # fmt: skip
    assert str(listed([text("one"), text("two")], "{first} or {second}")) == "one or two"
