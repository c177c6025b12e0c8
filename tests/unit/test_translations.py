"""The catalogues: fields, completeness, and how a language is chosen."""

from __future__ import annotations

import os
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tritondoctor.checks.model import counted, text
from tritondoctor.commands import language
from tritondoctor.data import make_messages
from tritondoctor.support import messages, own_files
from tritondoctor.support.errors import UsageError
from tritondoctor.support.stored import Catalogue

LOCALE = Path(messages.FOLDER)
LANGUAGES = sorted(path.parts[-3] for path in LOCALE.glob("*/LC_MESSAGES/*.po"))


def _catalogue(name: str) -> Catalog:
    with (LOCALE / name / "LC_MESSAGES" / f"{messages.DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=name)


def _fields(template: str) -> set[tuple[str, str, str]]:
    return {
        (name, conversion or "", form or "")
        for _, name, form, conversion in string.Formatter().parse(template) if name is not None
    }  # fmt: skip


def _templates(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_translation_has_the_fields_of_its_template(name: str) -> None:
    for message in _catalogue(name):
        try:
            wanted = _fields(_templates(message)[-1])
        except ValueError:  # a help text that speaks of braces, and is not filled in
            continue
        for translation in filter(None, make_messages.strings(message)):
            assert _fields(translation) == wanted, message.id


@pytest.mark.skipif(
    not os.environ.get("TRITONDOCTOR_TEST_RELEASE"), reason="TRITONDOCTOR_TEST_RELEASE is not set"
)
@pytest.mark.parametrize("name", LANGUAGES)
def test_every_message_is_translated(name: str) -> None:
    catalogue = _catalogue(name)
    catalogue.update(make_messages.extracted(), no_fuzzy_matching=True)
    assert [message.id for message in make_messages.untranslated(catalogue)] == []


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A language with a catalogue of two messages."""
    from babel.messages.mofile import write_mo

    catalogue = Catalog(locale="de")
    catalogue.add("{library} is not found", "{library} fehlt")
    catalogue.add(("{n} file", "{n} files"), ("{n} Datei", "{n} Dateien"))
    folder = tmp_path / "locale" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{messages.DOMAIN}.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(own_files, "content", lambda name: (tmp_path / name).read_bytes())
    monkeypatch.setattr(messages, "languages", lambda: ["de"])
    messages._content.cache_clear()
    yield
    messages.use("")
    messages._content.cache_clear()


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, ""),
        ({"LANG": "de_DE.UTF-8"}, ""),
        ({"LANG": "de"}, "de"),
        ({"LANG": "de.ISO-8859-1@euro"}, "de"),
        ({"LANG": "de", "LC_MESSAGES": "C"}, ""),
        ({"LANG": "C", "LC_ALL": "de"}, "de"),
        ({"LC_ALL": "C", "LANGUAGE": "es:de:en"}, "de"),
        ({"LANGUAGE": "en:de", "LANG": "de"}, ""),
        ({"LANGUAGE": "", "LANG": "de"}, "de"),
        ({"LANG": "de", "TRITONDOCTOR_LANG": "en"}, ""),
        ({"LANG": "en_GB.UTF-8", "TRITONDOCTOR_LANG": "de"}, "de"),
        ({"LANG": "../../de"}, ""),
    ],
)
@pytest.mark.usefixtures("german")
def test_the_language_is_what_the_locale_says(variables: dict[str, str], wanted: str) -> None:
    assert messages.language_of(variables) == wanted


@pytest.mark.parametrize("locale", ["zh_CN.UTF-8", "zh_CN", "zh-CN", "zh", "zh_Hans_CN.UTF-8", "zh_SG"])
def test_names_of_chinese(locale: str) -> None:
    assert messages.plain(locale) == "zh_CN"


@pytest.mark.usefixtures("german")
def test_texts_are_translated_but_for_programs() -> None:
    missing, several = (
        text("{library} is not found", library="libz.so.1"),
        counted("{n} file", "{n} files", 2),
    )
    messages.use("de")
    assert (str(missing), str(several)) == ("libz.so.1 fehlt", "2 Dateien")
    with messages.in_english():
        assert (str(missing), str(several)) == ("libz.so.1 is not found", "2 files")
    assert str(text("{path} is new", path="/x")) == "/x is new"


@pytest.mark.parametrize(
    "words", [["--lang", "de", "check"], ["check", "--lang=de"], ["check", "--lang", "de"]]
)
@pytest.mark.usefixtures("german")
def test_the_option_stands_anywhere(words: list[str]) -> None:
    assert language.choose(words) == ["check"]
    assert messages.language_tag == "de"


@pytest.mark.usefixtures("german")
def test_json_is_english() -> None:
    assert language.choose(["check", "--json", "--lang", "de"]) == ["check", "--json"]
    assert messages.language_tag == "en"


@pytest.mark.usefixtures("german")
def test_a_language_without_a_catalogue() -> None:
    with pytest.raises(UsageError, match="There are: en, de"):
        language.choose(["--lang", "xx"])
    assert language.choose(["explain", "--", "--lang"]) == ["explain", "--", "--lang"]


def test_a_file_whose_name_is_no_text_has_its_sentence(tmp_path: Path) -> None:
    """Every command ended in Chinese with UnicodeEncodeError where any user's file bore such a name."""
    compiled = tmp_path / "x.mo"
    with compiled.open("wb") as file:
        write_mo(file, _catalogue("zh_CN"))
    catalogue = Catalogue(compiled.read_bytes())
    path = os.fsdecode(b"/tmp/\xff")
    for name in (path, "\ud800"):
        assert catalogue.gettext(name) == name == catalogue.shown(name)
        assert name in catalogue.shown(f"{name} is not an environment: it has no bin/python.")
