"""Packages in versions that do not go together."""

from __future__ import annotations

from tests.truth.declare import environment
from tests.truth.place import Place


@environment("built-for-another-version", python="3.8")
def gevent_before_greenlet_2(place: Place) -> None:
    """gevent/gevent#1991: its modules expect a larger greenlet than there is."""
    place.pip("--no-deps", "gevent==20.9.0", "greenlet==2.0.1")


@environment("built-for-another-version", python="3.10")
def gevent_before_greenlet_3(place: Place) -> None:
    """The same with newer versions of both; pip check is content."""
    place.pip("--no-deps", "gevent==21.12.0", "greenlet==3.3.2")


@environment("built-for-another-version")
def tritonclient_generated_for_protobuf_3(place: Place) -> None:
    """triton-inference-server/server#4988: descriptors cannot be created directly."""
    place.pip("--no-deps", "tritonclient==2.24.0")


@environment("package-version-conflict")
def protobuf_pinned_to_3(place: Place) -> None:
    """The workaround of that issue, with a tritonclient that is newer than it."""
    place.pip("--no-deps", "protobuf==3.20.3")


@environment()
def requirement_only_by_its_letter(place: Place) -> None:
    """A version below what is required, which has all that is used: a warning."""
    place.pip("--no-deps", "typing_inspect==0.6.0")


@environment("package-version-conflict")
def attrs_without_what_aiohttp_calls(place: Place) -> None:
    """Nothing is missing that an import names; found by `make sweep-versions`."""
    place.pip("--no-deps", "attrs==17.2.0")


@environment("package-version-conflict", cases=("packaging==14.0", "sh==1.12.14", "protobuf==5.27.5"))
def package_before_what_is_called(place: Place, requirement: str) -> None:
    """Found by `make sweep-versions`; protobuf's runtime_version.py had other names until 5.28."""
    place.pip("--no-deps", requirement)


@environment("package-version-conflict", cases=("3.10.0.2", "4.0.1", "4.3.0"))
def typing_extensions_without_what_is_imported(place: Place, release: str) -> None:
    """Its text has the word `Self` or `TypeVar`, or copies names of `typing`, and does not bind it."""
    place.pip("--no-deps", f"typing_extensions=={release}")


@environment("package-version-conflict")
def aiohttp_that_is_no_python_of_today(place: Place) -> None:
    """`asyncio.async(…)` behind the imports, a syntax error since Python 3.7."""
    place.pip("--no-deps", "aiohttp==0.13.1")


@environment()
def gevent_that_copies_names_of_ssl(place: Place) -> None:
    """Older than geventhttpclient allows; gevent/ssl.py has its names from the standard library's."""
    place.pip("--no-deps", "gevent==23.7.0")
