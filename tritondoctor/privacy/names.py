"""Which names say that what they hold is a secret: of variables, options, fields, headers, queries."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from tritondoctor.privacy.patterns import compiled

#: `strong`: whatever the value is; `weak`: unless the value is plainly something else; `key`: where it
#: looks like a key; an empty text: no secret
Sound = Literal["strong", "weak", "key", ""]

_STRONG = frozenset(
    "token secret secrets password passwords passwd passphrase passcode passwort kennwort pwd pw pass "
    "credential credentials creds jwt dsn webhook authorization apikey accesskey secretkey privatekey "
    "authkey authtoken cookie cookies otp totp mnemonic hmac sas csrf xsrf crumb "
    "storepass keypass".split()
)
_WEAK = frozenset(
    "auth bearer signature sig session sessionid sid pat pin salt tokens keys nonce connstr".split()
)
#: one word that ends with these is as strong: `mypassword`, `hftoken`, `sshpass`
_ENDS = (
    "password", "passwd", "passphrase", "secret", "token", "apikey", "credentials", "sshpass", "dbpass",
)  # fmt: skip
_OF_STRONG_KEYS = frozenset(
    "api access secret private encryption decryption account auth license signing master subscription "
    "consumer storage deploy sdk client app shared service webhook integration ingest".split()
)
#: keys that unlock nothing
_OF_HARMLESS_KEYS = frozenset(
    "public pub primary foreign sort cache partition group hot index dict map registry config routing "
    "join unique order search lookup hash memory region sub no missing unknown host trusted extra "
    "unexpected duplicate metadata shm".split()
)
#: what stands behind such a word and makes the whole the name of something about it
_ABOUT = frozenset(
    "file files path dir folder length len size count limit max min ttl expiry expires expiration "
    "timeout type name names algorithm algo format enabled disabled required env helper manager store "
    "provider backend policy id ids usage budget url uri host endpoint server issuer method mode "
    "scheme prefix header headers field parallelism rate version class ring error errors seconds only "
    "supported api pattern protocol".split()
)
_WORD = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+"
#: names of folders that shells keep
_FOLDERS = frozenset(("PWD", "OLDPWD"))


@lru_cache(maxsize=4096)
def sound(name: str) -> Sound:
    """What a name says about its value."""
    words = [word.lower() for word in compiled(_WORD).findall(name)]
    if not words or name in _FOLDERS:
        return ""
    last = words[-1]
    if last in _ABOUT:
        return ""
    found = {_sound_of(word, words[max(0, at - 1)] if at else "") for at, word in enumerate(words)}
    for strongest in ("strong", "weak", "key"):
        if strongest in found:
            return strongest
    return ""


def sounds_secret(name: str) -> bool:
    """Whether a variable of this name is never shown, whatever a list says."""
    words = [word.lower() for word in compiled(_WORD).findall(name)]
    return any(word in _STRONG or word in ("key", "keys", "cert", "auth", "pat") or word.endswith(_ENDS)
               for word in words) and name not in _FOLDERS  # fmt: skip


def _sound_of(word: str, before: str) -> Sound:
    if word in _STRONG or word.endswith(_ENDS):
        return "strong"
    if word in _WEAK:
        return "weak"
    if word == "key":
        if before in _OF_HARMLESS_KEYS:
            return ""
        return "strong" if before in _OF_STRONG_KEYS else "weak" if before else "key"
    return ""
