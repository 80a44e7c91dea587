"""Fuzzing with many examples, for ``make faults``: imports, wordings, replies, and what comes over the wire.

``FAULTS_EXAMPLES=1000 python -m pytest tests/faults/fuzz.py``; ``make test`` leaves this file out, because the tests of
each part try a few examples themselves.
"""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import os
import shutil
import socket
import tempfile
import unicodedata
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.cli.commands.import_folder import as_json
from models.database.session import engine
from models.rules.causes import explain
from models.rules.replies import Verdict, classify, enhanced_code
from models.values.evidence import Evidence, Fault, Stage
from models.values.mail import Mail
from models.values.paper import Issuer
from models.values.people import PostalAddress
from models.values.period import Period
from tasks.documents.mail_body import invoice_mail
from tasks.documents.wording import fill
from tasks.imports.report import ImportReport, Outcome
from tasks.imports.run import Consent, import_source
from tasks.mail.message import assemble, message_id
from tasks.mail.wire import BrokenError, Wire
from tasks.pages.rendering import render_page
from tests.integration.small_import import FILES, NOW, accepted, everything, write
from tests.integration.test_import_sent import deliver
from tests.unit.imports.xlsx import workbook

EXAMPLES = int(os.environ.get("FAULTS_EXAMPLES", "20"))
PERIOD = Period(2024, 9)
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control and format characters, halves of pairs, line ends

quick = settings(max_examples=20 * EXAMPLES, deadline=None)
slow = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

any_text = st.text(st.characters(exclude_categories=()), max_size=300)
cells = st.one_of(
    any_text,
    st.sampled_from(['"', "\r\n", ";", "\x00", "31/02/2024", "1e999", "-0,00", "NaN", "99999999999999,99", "=1+1", "﻿"]),
    st.from_regex(r"[^@\s]{1,20}@[a-z.-]{1,30}", fullmatch=True),
)


@slow
@given(st.data())
def test_any_import_is_stored_whole_or_refused_in_words(sqlite_template: Path, data: st.DataObject) -> None:
    """Cells, lines and bytes of a right import changed at random: a report, never an exception; all or nothing."""
    with tempfile.TemporaryDirectory(prefix="facteur-fuzz-") as name:
        folder = Path(name) / "import"
        folder.mkdir()
        for file, text in FILES.items():
            (folder / file).write_bytes(_damaged(text, data))
        url = f"sqlite:///{name}/facteur.db"
        shutil.copy(sqlite_template, Path(name) / "facteur.db")
        before = everything(url)
        report = import_source(folder, url, Path(name) / "archive", NOW)
        for fault in report.faults:
            assert not {unicodedata.category(character) for character in str(fault)} & UNSEEN
        assert report.faults or everything(url) != before
        if report.faults:
            assert everything(url) == before
        engine(url).dispose()


@slow
@given(st.data())
def test_any_newer_import_waits_is_refused_or_is_stored_whole(sqlite_template: Path, data: st.DataObject) -> None:
    """Over a ledger with sent invoices: a trial and an unanswered question write nothing; the report can be shown.

    What an answered question writes is what was shown, and importing it again changes nothing.
    """
    with tempfile.TemporaryDirectory(prefix="facteur-fuzz-") as name:
        url = f"sqlite:///{name}/facteur.db"
        shutil.copy(sqlite_template, Path(name) / "facteur.db")
        accepted(write(Path(name) / "first"), url)
        deliver(url, "F1")
        folder = Path(name) / "import"
        folder.mkdir()
        for file, text in FILES.items():
            content = _damaged(text, data)
            if data.draw(st.sampled_from([False, False, False, True])):
                file, content = file.replace(".csv", ".xlsx"), _as_workbook(text, data)
            (folder / file).write_bytes(content)
        before = everything(url)

        def run(**options: Any) -> ImportReport:
            report = import_source(folder, url, Path(name) / "archive", NOW, books=Path(name) / "books", **options)
            assert render_page("import", report=report)
            json.dumps(as_json(report))
            assert (everything(url) == before) or report.accepted
            return report

        trial = run(dry_run=True)
        report = run()
        assert (report.faults, report.changes, report.remarks) == (trial.faults, trial.changes, trial.remarks)
        assert bool(report.fault_book) == bool(report.faults) == (report.outcome is Outcome.REFUSED)
        if report.outcome is Outcome.WAITING:
            assert run(consent=Consent("AB", "other")).outcome is Outcome.WAITING
            assert run(consent=Consent("AB", report.digest)).accepted
        if report.outcome is not Outcome.REFUSED:
            before = everything(url)
            assert run().changes == ()
            assert everything(url) == before
        engine(url).dispose()


def _as_workbook(text: str, data: st.DataObject) -> bytes:
    """The file as a workbook, with some of its bytes changed or its end cut off."""
    rows: list[list[object]] = [list(row) for row in csv.reader(io.StringIO(text), delimiter=";")]
    content = bytearray(workbook(rows))
    if data.draw(st.booleans()):
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    return bytes(content[: data.draw(st.sampled_from([len(content), len(content), len(content) // 2]))])


def _damaged(text: str, data: st.DataObject) -> bytes:
    kind = data.draw(st.sampled_from(["whole", "whole", "whole", "cells", "cells", "lines", "bytes", "cut"]))
    rows = [line.split(";") for line in text.split("\n")]
    if kind == "cells":
        for _ in range(data.draw(st.integers(1, 4))):
            row = data.draw(st.sampled_from(rows))
            row[data.draw(st.integers(0, len(row) - 1))] = data.draw(cells)
    if kind == "lines":
        row = data.draw(st.integers(0, len(rows) - 1))
        rows[row : row + 1] = data.draw(st.sampled_from([[], [rows[row], rows[row]], [[";" * 50]]]))
    content = bytearray("\n".join(";".join(row) for row in rows).encode("utf-8", "surrogatepass"))
    if kind == "bytes":
        for _ in range(data.draw(st.integers(1, 20))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if kind == "cut":
        del content[data.draw(st.integers(0, len(content))) :]
    return bytes(content)


printable = st.text(st.characters(exclude_categories=("Cs",)), max_size=400)
keywords = st.lists(
    st.one_of(printable, st.sampled_from(["&personne", "&periode", "& periode", "&&", "{{x}}", "de &periode"])),
    max_size=8,
).map(" ".join)


@quick
@given(subject=keywords, body=keywords, person=printable, sender=printable)
def test_any_wording_makes_a_mail_that_says_what_was_written(subject: str, body: str, person: str, sender: str) -> None:
    """No text adds a header, a recipient or a part, and what comes back from the bytes is what went in."""
    issuer = Issuer("Les Rives", "Les Tilleuls", PostalAddress(), "a@rives.example", "", "", "", "", "")
    text = invoice_mail(subject, body, person=person, period=PERIOD, issuer=issuer)
    content = assemble(
        Mail(
            sender_name=sender,
            sender_email="f@rives.example",
            reply_to="a@rives.example",
            recipient_email="j@example.org",
            subject=text.subject,
            text=text.text,
            html=text.html,
            attachments=(),
            message_id=message_id("key", "rives.example"),
            date=datetime(2024, 10, 5, tzinfo=UTC),
        )
    )
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert [a.addr_spec for a in mail["to"].addresses] == ["j@example.org"]
    assert [a.addr_spec for a in mail["from"].addresses] == ["f@rives.example"]
    assert mail["bcc"] is None
    assert mail["cc"] is None
    part = mail.get_body(("plain",))
    assert part is not None
    # Line ends, and how many are at the end, are the mail system's.
    assert part.get_content().replace("\r\n", "\n").rstrip("\n") == text.text.replace("\r\n", "\n").rstrip("\n")


@quick
@given(text=keywords, person=printable)
def test_a_wording_is_filled_once(text: str, person: str) -> None:
    """A name that holds a keyword stays a name."""
    assert fill("&personne", {"personne": person}) == person
    fill(text, {"personne": person, "periode": "septembre 2024"})


replies = st.builds(
    Evidence,
    stage=st.sampled_from(Stage),
    code=st.integers(100, 999),
    enhanced=st.one_of(st.just(""), st.from_regex(r"[245]\.\d{1,3}\.\d{1,3}", fullmatch=True)),
    text=st.one_of(any_text, st.sampled_from(["SendAsDenied", "5.7.1 x", "QuotaExceeded 5.1.1", "SubmissionQuota"])),
    reused=st.booleans(),
)
broken = st.builds(
    Evidence, stage=st.sampled_from(Stage), fault=st.sampled_from(Fault), text=any_text, reused=st.booleans()
)


@quick
@given(st.one_of(replies, broken))
def test_any_observation_is_judged_and_explained(evidence: Evidence) -> None:
    """Nothing before the dot is accepted or uncertain; after it only a 2xx is accepted, and silence is never "no"."""
    verdict = classify(evidence).verdict
    after_the_dot = evidence.stage is Stage.FINAL
    if not after_the_dot:
        assert verdict not in {Verdict.ACCEPTED, Verdict.UNCERTAIN}
    elif evidence.fault is not None and evidence.fault is not Fault.FENCED:
        assert verdict is Verdict.UNCERTAIN
    elif evidence.code is not None and 200 <= evidence.code < 300:
        assert verdict is Verdict.ACCEPTED
    elif evidence.code is not None and 400 <= evidence.code < 600:
        assert verdict not in {Verdict.ACCEPTED, Verdict.UNCERTAIN}
    elif evidence.code is not None:
        assert verdict is Verdict.UNCERTAIN
    explained = explain(evidence)
    assert explained.cause
    assert explained.remedy


@quick
@given(st.integers(200, 599), any_text)
def test_an_enhanced_code_is_of_the_class_of_its_reply(code: int, text: str) -> None:
    found = enhanced_code(code, text)
    assert not found or found[0] == str(code)[0]


@quick
@given(st.one_of(st.binary(max_size=200), st.from_regex(rb"(250[- ][ -~]{0,20}\r?\n?){1,3}", fullmatch=True)))
def test_only_whole_lines_of_the_protocol_are_a_reply(sent: bytes) -> None:
    """Whatever a server says, cut or garbled, is a reply of whole lines or a fault; "250" without its end is none."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire = Wire(1.0, 1.0)
        wire.sock = ours
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        wire.write(b"")
        try:
            code, _ = wire.getreply()
        except BrokenError:
            return
    first = sent.split(b"\n")[0]
    assert b"\n" in sent
    assert first[:3] == str(code).encode()
    assert first[3:4] in (b"", b" ", b"-", b"\r")


if __name__ == "__main__":
    raise SystemExit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
