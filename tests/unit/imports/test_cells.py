"""A CSV file is read as a French Excel writes it; anything else is one clear problem."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.imports.bounds import MAX_COLUMNS, MAX_LINE_CHARACTERS, MAX_ROWS
from tasks.imports.cells import Sheet, SheetProblem, read_csv

TEXT = "code;nom\r\nR1;BÉRANGER\r\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(TEXT.encode(), id="UTF-8"),
        pytest.param(TEXT.encode("utf-8-sig"), id="UTF-8 with a byte-order mark"),
        pytest.param(TEXT.encode("cp1252"), id="Windows-1252"),
        pytest.param(TEXT.replace("\r\n", "\n").encode(), id="Unix line ends"),
        pytest.param(TEXT.replace("\r\n", "\r").encode(), id="old Mac line ends"),
        pytest.param(TEXT.rstrip().encode(), id="no line end at the end"),
        pytest.param(b"sep=;\r\n" + TEXT.encode(), id="Excel's own first line"),
    ],
)
def test_every_usual_encoding_gives_the_same_cells(content: bytes) -> None:
    """Accents are right whatever the encoding."""
    sheet = read_csv(content)
    assert isinstance(sheet, Sheet)
    assert sheet.header == ("code", "nom")
    assert [cells for _, cells in sheet.rows] == [("R1", "BÉRANGER")]


def test_a_field_with_line_breaks_is_one_field_and_lines_are_counted_as_an_editor_does() -> None:
    """A row is named by the line on which it begins, so that it can be found."""
    sheet = read_csv(b'code;texte\r\n\r\nA;"un\ndeux ""trois"" ; quatre"\r\nB;fin\r\n;\r\n')
    assert isinstance(sheet, Sheet)
    assert sheet.rows == ((3, ("A", 'un\ndeux "trois" ; quatre')), (5, ("B", "fin")))


@pytest.mark.parametrize(
    ("content", "problem", "line"),
    [
        pytest.param(b"", "vide", None, id="empty"),
        pytest.param(b"\r\n;;\r\n", "vide", None, id="only empty rows"),
        pytest.param("code;nom\nR1;É\n".encode("utf-16"), "UTF-16", None, id="UTF-16"),
        pytest.param(b"PK\x03\x04\x00\x00", "n'est pas un texte", None, id="binary"),
        pytest.param(b"code;nom\nR1;\x81\x8d\n", "n'est pas un texte", None, id="no Windows-1252 either"),
        pytest.param("code;nom\nR1;É\n".encode() + "R2;É\n".encode("cp1252"), "deux encodages", None, id="both"),
        pytest.param(b"\x07\x08;nom\nR1;a\n", "illisibles", 1, id="controls in the header"),
        pytest.param(b"code,nom\nR1,a\n", "points-virgules", 1, id="commas"),
        pytest.param(b"code\tnom\nR1\ta\n", "points-virgules", 1, id="tabs"),
        pytest.param(b'code;nom\nR1;"a\nR2;b\n', "guillemets", 2, id="a quote that is not closed"),
        pytest.param(b'code;nom\nR1;a\nR2;"a"b\n', "guillemets", 3, id="a quote in the middle"),
        pytest.param(b"code;nom;ville\nR1;a;b\nR2;jean", "milieu", 3, id="cut off"),
        pytest.param(b"code;nom\nR1;" + b"a" * (MAX_LINE_CHARACTERS + 1), "trop longue", 2, id="endless line"),
        pytest.param(b"a" * 10_000_000, "trop longue", 1, id="one endless line and nothing else"),
        pytest.param(b";" * (MAX_COLUMNS + 1), f"plus de {MAX_COLUMNS}", 1, id="too many columns"),
        pytest.param(b'code;nom\nR1;"' + b"a\n" * 100_000, "guillemets", 2, id="an endless field over many lines"),
        pytest.param(b"c\n" + b"1\n" * (MAX_ROWS + 1), f"plus de {MAX_ROWS}", MAX_ROWS + 2, id="too many rows"),
    ],
)
def test_what_is_no_such_file_is_one_problem(content: bytes, problem: str, line: int | None) -> None:
    """Hostile or broken files end in one sentence, with the line where that was seen."""
    found = read_csv(content)
    assert isinstance(found, SheetProblem)
    assert problem in found.problem.problem
    assert found.line == line


@given(st.binary(max_size=400) | st.text(alphabet='ab;"\r\n\té\x00,', max_size=80).map(str.encode))
def test_random_bytes_never_raise(content: bytes) -> None:
    """Whatever lies in the folder, reading it gives cells or a problem."""
    found = read_csv(content)
    assert isinstance(found, Sheet | SheetProblem)
    if isinstance(found, Sheet):
        lines = [line for line, _ in found.rows]
        assert lines == sorted(set(lines))
        assert all(any(cell.strip() for cell in cells) for _, cells in found.rows)
