"""The page of a report: what stands first, what is folded, and what stands on the broken edge."""

from __future__ import annotations

import re

import msgspec

from tests.reports.test_formats import report_of
from tritondoctor.checks.model import Remedy, text
from tritondoctor.facts.interpreter.model import LinkedObject, LinkProblem, Program
from tritondoctor.reports import html
from tritondoctor.reports.brokenpath import broken_path
from tritondoctor.reports.html_plan import Planned

PROGRAM = Program(
    "tritonserver", "/w/tritonserver", False,
    objects=(
        LinkedObject("libtriton.so", "/w/libtriton.so", "rpath", "/w/tritonserver"),
        LinkedObject("libstdc++.so.6", "/old/libstdc++.so.6", "LD_LIBRARY_PATH", "/w/libtriton.so"),
        LinkedObject("libm.so.6", "/lib/libm.so.6", "cache", "/w/tritonserver"),
    ),
    problems=(
        LinkProblem(
            "version", "libstdc++.so.6", "/w/libtriton.so", "version not found",
            "GLIBCXX_3.4.30", "/old/libstdc++.so.6",
        ),
        LinkProblem(
            "version", "libstdc++.so.6", "/w/libtriton.so", "version not found",
            "GLIBCXX_3.4.29", "/old/libstdc++.so.6",
        ),
        LinkProblem("not-found", "libb64.so.0", "/w/tritonserver", "cannot open shared object file"),
    ),
)  # fmt: skip


def test_the_head_has_the_causes_the_date_the_machine_and_the_command() -> None:
    page = html.render(report_of("two-causes"))
    head = page[page.index("<header") : page.index("</header>")]
    assert re.findall(r'<a href="#([a-z-]+)">', head) == ["libpython-missing", "libstdcxx-too-old"]
    assert "Examined 2026-" in head and "UTC on x86_64, in docker" in head
    assert "<pre>tritondoctor fix --python /srv/case/conda/bin/python</pre>" in head


def test_the_name_of_the_machine_is_hidden_unless_paths_are_shown() -> None:
    report = report_of("two-causes")
    assert not report.host_name
    named = msgspec.structs.replace(report, host_name="node7")
    assert "UTC on node7, x86_64" in html.render(named)


def test_a_sound_environment_is_offered_the_proof() -> None:
    assert "<pre>tritondoctor selftest" in html.render(report_of("healthy"))


def test_each_cause_has_a_chain_and_its_evidence_is_folded() -> None:
    page = html.render(report_of("two-causes"))
    cards = re.findall(r'<section class="card error" id=.*?</section>', page, re.DOTALL)
    assert [card.count('<ol class="chain">') for card in cards] == [1, 1]
    assert all('<details class="evidence">' in card for card in cards)
    assert "<span>tritonserver and the stub</span>" in cards[1]


def test_anchors_are_unique_where_an_id_repeats() -> None:
    report = report_of("two-causes")
    twice = msgspec.structs.replace(report, findings=(report.findings[0], *report.findings))
    page = html.render(twice)
    anchors = re.findall(r'<section class="card \w+" id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors)) == len(twice.findings)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)


def test_a_plan_stands_before_the_findings() -> None:
    report = report_of("two-causes")
    step = Remedy("link", text("Link it"), ("ln -s a b",))
    page = html.render(report, Planned([step], report.facts, complete=True))
    assert page.index("The plan: 1 step") < page.index("<h2>Findings</h2>")
    assert "To apply the plan:" in page and "no errors remain" in page
    partial = html.render(report, Planned([step], report.facts, complete=False))
    assert "<pre>tritondoctor fix --partial" in partial and "some errors remain" in partial


def test_the_broken_path_has_the_missing_version_and_nothing_sound() -> None:
    picture = broken_path(PROGRAM)
    assert re.findall(r'class="lack"[^>]*>([^<]*)<', picture) == ["not found", "GLIBCXX_3.4.30 +1"]
    assert "/old/libstdc++.so.6" in picture and "libb64.so.0" in picture
    assert "libm.so.6" not in picture


def test_a_long_broken_path_is_cut_and_says_so() -> None:
    problems = tuple(
        LinkProblem("not-found", f"lib{n}.so", f"/w/need{n}.so", "cannot open") for n in range(40)
    )
    objects = tuple(LinkedObject(f"need{n}.so", f"/w/need{n}.so", "rpath", "/w/p") for n in range(40))
    picture = broken_path(Program("stub", "/w/p", False, objects, problems))
    assert "and 68 more objects" in picture and "need5.so" in picture and "need6.so" not in picture


def test_a_circle_of_libraries_ends() -> None:
    objects = (
        LinkedObject("a.so", "/a.so", "rpath", "/b.so"),
        LinkedObject("b.so", "/b.so", "rpath", "/a.so"),
    )
    problem = LinkProblem("not-found", "c.so", "/a.so", "cannot open")
    assert "<svg" in broken_path(Program("stub", "/p", False, objects, (problem,)))
