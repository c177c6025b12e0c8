"""`tritondoctor mcp`, asked by the official client: four tools, all of which only read."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the package mcp is not installed")


def _ask(folder: Path, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    server = StdioServerParameters(
        command=sys.executable, args=["-I", "-m", "tritondoctor", "mcp"], cwd=str(folder),
        env={"PATH": os.defpath, "HOME": str(folder), "HF_TOKEN": "hunter2-hf"},
    )  # fmt: skip

    async def talk() -> dict[str, Any]:
        async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            tools = await session.list_tools()
            assert {tool.name for tool in tools.tools} == {"check", "explain", "libs", "advise"}
            result = await session.call_tool(tool, arguments)
            text = "".join(part.text for part in result.content if part.type == "text")
            assert "hunter2" not in text
            answer: dict[str, Any] = json.loads(text)
            return answer

    return asyncio.run(asyncio.wait_for(talk(), 180))


def test_check_of_the_project(tmp_path: Path) -> None:
    base = os.path.realpath(sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True)
    answer = _ask(tmp_path, "check", {})
    assert answer["verdict"] == "fail" and answer["findings"][0]["id"] == "pytriton-missing"
    assert "facts" not in answer


@pytest.mark.parametrize("text", ["libpython-missing", "TimeoutError: timed out\n"])
def test_explain(tmp_path: Path, text: str) -> None:
    answer = _ask(tmp_path, "explain", {"text": text})
    assert answer.get("id") == "libpython-missing" or answer["verdict"] == "unknown"


def test_what_cannot_be_done_is_told(tmp_path: Path) -> None:
    assert "no such file" in _ask(tmp_path, "libs", {"file": "/no/such"})["error"]


@pytest.mark.parametrize("option", ["--html={}", "--output={}", "--baseline={}", "-vq", "--policy={}"])
def test_what_is_given_is_never_an_option(tmp_path: Path, option: str) -> None:
    """An assistant that reads hostile text may be made to ask for anything: no file is written."""
    written = tmp_path / "written"
    given = option.format(written)
    assert given in _ask(tmp_path, "check", {"path": given})["error"]
    assert given in _ask(tmp_path, "libs", {"file": given})["error"]
    assert "error" in _ask(tmp_path, "check", {"path": ".", "gpu": given})
    assert os.listdir(tmp_path) == []
