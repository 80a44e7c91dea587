"""The report of a check as a clerk reads it: one sentence, and the page."""

from __future__ import annotations

from models.database.clock import utc_now
from tasks.checking.result import Finding, Light, Report
from tasks.french.moments import paris_moment
from tasks.french.numbers import counted
from tasks.pages.rendering import render_page

LIGHT = {
    Light.GREEN: "🟢 vert",
    Light.ORANGE: "🟠 orange",
    Light.RED: "🔴 rouge",
    Light.UNCHECKED: "⚪ non vérifié",
}

SHOWN_REDS = 5  # a run's message is one line of a list


def headline(report: Report) -> str:
    """The one sentence of a check: that all is green, or what is not."""
    reds, oranges = report.of_light(Light.RED), report.of_light(Light.ORANGE)
    if reds:
        more = f" Et {counted(len(reds) - SHOWN_REDS, 'autre')}." if len(reds) > SHOWN_REDS else ""
        return f"{counted(len(reds), 'point rouge')}. {' '.join(map(_in_one_line, reds[:SHOWN_REDS]))}{more}"
    if oranges:
        names = ", ".join(dict.fromkeys(finding.subject for finding in oranges))
        return f"Rien de rouge, {counted(len(oranges), 'point')} orange : {names}."
    return f"Tout est vert : {counted(len(report.of_light(Light.GREEN)), 'point vérifié')}."


def render_report(report: Report) -> str:
    """The page, as Markdown."""
    return render_page(
        "check",
        at=paris_moment(utc_now()),
        headline=headline(report),
        findings=report.findings,
        light=LIGHT,
        new_addresses=report.new_addresses,
    )


def _in_one_line(finding: Finding) -> str:
    return f"{finding.subject} : {finding.observed} {finding.remedy}".strip()
