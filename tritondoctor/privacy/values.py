"""Where a value ends, and whether it can be a secret at all."""

from __future__ import annotations

from tritondoctor.privacy.names import Sound
from tritondoctor.privacy.patterns import compiled

HIDDEN = "***"
_QUOTED = r"""(?:\\{0,7}["'`])"""
#: an unquoted value ends where the next field begins
_BARE = r"(?:(?![;,&]\s*[\w.-]{1,64}\s*[=:])[^\s\"'`<>&\\])+"
_SCHEME = r"(?i)(?:bearer|basic|token|apikey|negotiate|ntlm)\s+(?=\S)"
_REST = r"(?i)(?:digest|aws4-hmac-sha256|hawk|oauth|signature|hmac)\s+"
#: words that stand behind a name in a sentence, and values that are none
_NOTHING = frozenset(
    "none null nil true false yes no on off unset undefined required missing invalid expired empty "
    "not is was are were the a an and or for in to of from with has have had must should may can "
    "cannot could would will if when which that this these those as at by be been it its does do did "
    "requires needs required: argument option given wrong failed incorrect rejected denied prompt "
    "hidden redacted set changed found file instead first default string str int integer bytes "
    "optional any object".split()
)
_REFERENCE = (
    r"\$[A-Z_][A-Z0-9_]*$|\$\{\w+[^}]*\}$|\$\([^)]*\)$"
    r"|%\(\w+\)s$|%[sdr]$|%[A-Z_]+%$|\{[a-z_]*\}$|<[a-z -]+>$"
)
_OF_PATHS = tuple("/.~_-")
_PATH = r"(?:[~.]{0,2}/|\w:\\)"
#: words, a number, a path
_PLAIN = rf"[A-Z]?[a-z]*(?:[ _.:/-][A-Z]?[a-z]+)*[.,:;]?$|[\d.,]{{1,12}}[a-zA-Z]{{0,2}}$|{_PATH}"
_HEX = r"(?i)(?:0x)?[0-9a-f]{16,}$"
_UUID = r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_BASE64 = r"[A-Za-z0-9+/_-]{12,}={0,2}$"


def span(text: str, start: int, *, to_end_of_line: bool = False) -> tuple[int, int]:
    """(begin, end) of the value that begins at `start`, without its quotes."""
    if text[start : start + 1] in "bru" and text[start + 1 : start + 2] in ("'", '"'):
        start += 1
    quote = compiled(_QUOTED).match(text, start)
    if quote:
        return quote.end(), _closing(text, quote[0], quote.end())
    if to_end_of_line or compiled(_REST).match(text, start):
        return start, _line_end(text, start)
    scheme = compiled(_SCHEME).match(text, start)
    start = scheme.end() if scheme else start
    bare = compiled(_BARE).match(text, start)
    if bare is None:
        return start, start
    return start, start + len(bare[0].rstrip(".,;:)]}")) or bare.end()


def _closing(text: str, quote: str, start: int) -> int:
    at = text.find(quote, start)
    while at > 0 and len(quote) == 1 and text[at - 1] == "\\" and at > start:
        at = text.find(quote, at + 1)
    return at if at >= 0 else _line_end(text, start)


def _line_end(text: str, start: int) -> int:
    ends = [at for at in (text.find(mark, start) for mark in "\n\"'") if at >= 0]
    return min(ends, default=len(text))


def secret(value: str, sound: Sound) -> bool:
    """Whether a value can be a secret, its name sounding like that."""
    if value.lower() in _NOTHING or value.startswith(HIDDEN) or compiled(_REFERENCE).match(value):
        return False
    letters = sum(letter.isalnum() for letter in value)
    if sound == "strong":
        return letters > 0
    if sound == "weak":
        return letters >= 4 and not compiled(_PLAIN).match(value)
    return sound == "key" and like_a_key(value)


def like_a_key(value: str) -> bool:
    """Hex of 16 digits and more, a UUID, or base64 in both cases with digits."""
    if compiled(_UUID).fullmatch(value) or compiled(_HEX).match(value):
        return True
    return bool(compiled(_BASE64).match(value)) and mixed(value) and not like_words(value)


def mixed(value: str) -> bool:
    """Capitals, small letters and digits."""
    return (
        any(letter.isdigit() for letter in value)
        and any(letter.islower() for letter in value)
        and any(letter.isupper() for letter in value)
    )


_CHUNK = r"[A-Z]?[a-z]{3,}|[A-Z]{4,}|\d{4,}"


def like_words(value: str) -> bool:
    """Whether most of it is made of words, as names in CamelCase are."""
    return 2 * sum(len(chunk) for chunk in compiled(_CHUNK).findall(value)) > len(value)


#: Twilio's keys begin like many words do, so that no trigger finds them
_TWILIO = r"(?:SK|AC)[0-9a-f]{32}$"
_DIGEST = r"(?i)(?:sha\d{1,3}|md5|blake2[bs])[=:-][A-Za-z0-9+/_-]{16,}={0,2}"


def random(text: str, start: int, end: int) -> bool:
    """Whether a long run was drawn by chance, and is no digest and no part of a path.

    Words change between capitals, small letters and digits now and then, random text all the time.
    """
    run = text[start:end]
    if compiled(_TWILIO).match(run):
        return True
    if run in (run.lower(), run.upper()):
        return False
    if "/" in run and (
        text[start - 1 : start] in _OF_PATHS or text[end : end + 1] in _OF_PATHS or run[0] == "/"
    ):
        return False
    if run.startswith(("_Z", "_R")) or compiled(_UUID).search(run) or _in_a_digest(text, start, end):
        return False  # a symbol of C++ or Rust, a card, a digest
    kinds = [2 if letter.isdigit() else int(letter.isupper()) for letter in run if letter.isalnum()]
    turns = sum(kind != following for kind, following in zip(kinds, kinds[1:]))
    share = 0.1 * len(kinds)  # a GPU's UUID has three capitals
    return 2 in kinds and min(kinds.count(0), kinds.count(1)) >= share and turns >= 0.4 * len(kinds)


def _in_a_digest(text: str, start: int, end: int) -> bool:
    """SHA-512 in base64 has slashes, so that a run may be the middle of it."""
    found = compiled(_DIGEST).finditer(text, max(0, start - 120), end)
    return any(digest.start() <= start and digest.end() >= end for digest in found)


def in_prose(value: str, *, password: bool) -> bool:
    """Whether the word that follows `password` or `token` in a sentence is one."""
    value = value.rstrip(".,;:!?)")
    letters = any(letter.isalpha() for letter in value)
    digits = any(letter.isdigit() for letter in value)
    if password:
        return len(value) >= 6 and letters and (digits or bool(compiled(r"[!$%^*+#@]").search(value)))
    return (
        len(value) >= 16
        and letters
        and digits
        and value.count("-") < 5
        and not compiled(_PATH).match(value)
    )
