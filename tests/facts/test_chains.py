"""Sources of others that are one long chain: below Python 3.11 they ended the doctor by SIGSEGV."""

from __future__ import annotations

import sys

import pytest

from tritondoctor.facts.imports.statements import imports_of
from tritondoctor.facts.imports.syntax import TooComplex

CHAINS = {
    "attributes": "a" + ".a" * 300_000,
    "calls": "a" + "()" * 300_000,
    "items": "a" + "[0]" * 300_000,
    "sums": "1" + "+1" * 300_000,
    "condition": f"\nif a{'.a' * 300_000}:\n import b\n",
    "beside an import": f"\nimport b; a{'.a' * 300_000}\n",
}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("source", CHAINS.values(), ids=CHAINS)
def test_a_long_chain_is_left_aside(source: str, whole: bool) -> None:
    with pytest.raises(TooComplex, match="statements and operators"):
        imports_of(source, sys.version_info[:3], whole=whole)


@pytest.mark.parametrize("link", [".a", "()", "+1"])
def test_a_chain_as_people_write_it_is_read(link: str) -> None:
    assert imports_of(f"import b\na{link * 500}\n", sys.version_info[:3], whole=True)
