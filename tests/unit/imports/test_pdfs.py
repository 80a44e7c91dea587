"""A PDF that goes out as it is must be one, whole, open and with a page."""

import io
from collections.abc import Callable

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.entry.problems import Problem
from tasks.imports.pdfs import examine_pdf


def pdf(pages: int = 1, encryption: pikepdf.Encryption | None = None) -> bytes:
    output = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page()
        document.save(output, encryption=encryption or False)
    return output.getvalue()


def test_a_real_pdf_has_no_problem() -> None:
    """What a billing software exports is accepted."""
    assert examine_pdf(pdf()) == ()


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(lambda: b"", "0 octet", id="0 bytes"),
        pytest.param(lambda: b"%!PS-Adobe", "n'est pas un PDF", id="PostScript"),
        pytest.param(lambda: b"<html>", "n'est pas un PDF", id="an error page with the name of a PDF"),
        pytest.param(lambda: pdf()[:-200], "incomplet", id="cut off"),
        pytest.param(lambda: b"%PDF-1.7\n%%EOF", "endommagé", id="nothing between head and tail"),
        pytest.param(lambda: pdf(pages=0), "sans page", id="no page"),
        pytest.param(lambda: pdf(encryption=pikepdf.Encryption(user="u", owner="o")), "mot de passe", id="encrypted"),
        pytest.param(
            lambda: pdf(encryption=pikepdf.Encryption(user="", owner="o")), "protégé", id="locked by its owner"
        ),
    ],
)
def test_what_cannot_be_sent_is_named(make: Callable[[], bytes], problem: str) -> None:
    """Each kind of unusable file has its own words."""
    found = examine_pdf(make())
    assert isinstance(found, Problem)
    assert problem in found.problem


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_pdfs_never_raise(data: st.DataObject) -> None:
    """Whatever the bytes between head and tail, the answer is a value."""
    content = bytearray(pdf())
    for position in data.draw(st.lists(st.integers(10, len(content) - 1), max_size=6)):
        content[position] = data.draw(st.integers(0, 255))
    found = examine_pdf(bytes(content))
    assert isinstance(found, tuple | Problem)
