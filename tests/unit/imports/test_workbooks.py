"""The first sheet of a workbook gives the same cells as the CSV file would; a hostile one gives a problem."""

import io
import zipfile
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.imports.bounds import MAX_ROWS
from tasks.imports.cells import Sheet, SheetProblem
from tasks.imports.sheet_traps import UNSAVED_FORMULA
from tasks.imports.workbooks import read_xlsx
from tests.unit.imports.bombs import shared_text_workbook
from tests.unit.imports.xlsx import PARTS, package, with_sheet, workbook


def test_numbers_dates_and_booleans_become_the_text_of_a_csv_file() -> None:
    """A number has what Excel shows, not what floating point makes of it; an error is seen, not an empty cell."""
    sheet = read_xlsx(workbook([["a", "b", "c", "d", "e"], ["É\nà", 75001, 0.1 + 0.2, date(2024, 9, 1), True]]))
    assert isinstance(sheet, Sheet)
    assert sheet.header == ("a", "b", "c", "d", "e")
    assert sheet.rows == ((2, ("É\nà", "75001", "0.3", "2024-09-01", "oui")),)


def test_rows_have_the_numbers_that_excel_shows() -> None:
    """Empty rows are counted and left out."""
    sheet = read_xlsx(workbook([[], ["code"], [], ["R1"]]))
    assert sheet == Sheet(("code",), ((4, ("R1",)),), 2)


def test_a_failed_formula_is_text_not_an_empty_cell() -> None:
    """Read as empty, it would clear an address."""
    sheet = read_xlsx(
        with_sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2" t="e"><v>#N/A</v></c></row>')
    )
    assert isinstance(sheet, Sheet)
    assert sheet.rows == ((2, ("#N/A",)),)


STYLES = """<numFmts count="3"><numFmt numFmtId="164" formatCode="00000"/><numFmt numFmtId="165"
formatCode="[$-40C]000000;-0"/><numFmt numFmtId="166" formatCode="0.00"/></numFmts><cellStyleXfs><xf numFmtId="164"/>
</cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf
numFmtId="166"/></cellXfs>"""


def styled(cells: str, after: str = "") -> bytes:
    """A workbook with these cells in its second row, and number formats made of zeros in styles 2 and 3."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    before, _, below = after.partition("|")
    heading = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    sheet = f'{before}<sheetData>{heading}<row r="2">{cells}</row></sheetData>{below}'
    return package(
        {"xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">{sheet}</worksheet>'}
        | PARTS
        | {"xl/styles.xml": f'<styleSheet xmlns="{main}">{STYLES}</styleSheet>'}
    )


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        pytest.param('<c r="A2" s="2"><v>1000</v></c>', "01000", id="a postcode"),
        pytest.param('<c r="A2" s="3" t="n"><v>12</v></c>', "000012", id="a code, with a locale and two sections"),
        pytest.param('<c r="A2" s="2"><v>1000.0</v></c>', "01000", id="stored as a float"),
        pytest.param('<c r="A2" s="2"><v>123456</v></c>', "123456", id="longer than the format"),
        pytest.param('<c r="A2" s="2"><f>500*2</f><v>1000</v></c>', "01000", id="computed"),
        pytest.param('<c r="A2" s="4"><v>1000</v></c>', "1000", id="another format"),
        pytest.param('<c r="A2" s="2"><v>12.5</v></c>', "12.5", id="no whole number"),
        pytest.param('<c r="A2"><f>B2</f></c>', UNSAVED_FORMULA, id="a formula without a value"),
        pytest.param('<c r="A2" s="2"><f>B2</f><v/></c>', UNSAVED_FORMULA, id="with an empty one, as openpyxl writes"),
        pytest.param('<c r="A2"><f t="shared" si="0"/></c>', UNSAVED_FORMULA, id="a shared formula"),
        pytest.param('<c r="A2" t="str"><f>""</f><v></v></c><c r="B2"><v>1</v></c>', "", id="an empty text"),
        pytest.param('<c r="A2" t="str"><f>"j"</f><v>j</v></c>', "j", id="a formula with its value"),
    ],
)
def test_a_cell_has_what_excel_shows(cell: str, shown: str) -> None:
    """Leading zeros of a format stay; a formula that was never computed is told from an empty cell."""
    sheet = read_xlsx(styled(cell))
    assert isinstance(sheet, Sheet)
    assert sheet.rows[0][1][0] == shown


def test_what_a_sheet_hides_is_named() -> None:
    """Merged cells have one value, hidden ones are imported with the rest."""
    columns = '<cols><col min="3" max="4" hidden="1"/></cols>'
    merged = '<mergeCells><mergeCell ref="A2:A5"/></mergeCells>'
    content = styled(
        '<c r="A2"><v>1</v></c></row><row r="3" hidden="1"><c r="A3"><v>1</v></c></row><row r="4" hidden="1">',
        f"{columns}|{merged}",
    )
    sheet = read_xlsx(content)
    assert isinstance(sheet, Sheet)
    assert sheet.notes == (
        "cellules fusionnées (A2:A5) : la première a la valeur, les autres sont lues vides.",
        "lignes masquées (3 à 4) : importées comme les autres.",
        "colonnes masquées (C à D) : importées comme les autres.",
    )


def test_a_number_of_fourteen_digits_keeps_them() -> None:
    """A SIRET that Excel took for a number is still the SIRET."""
    sheet = read_xlsx(workbook([["siret"], [73282932000074]]))
    assert isinstance(sheet, Sheet)
    assert sheet.rows[0][1] == ("73282932000074",)


def _bomb() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in PARTS.items():
            archive.writestr(name, content)
        archive.writestr("xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 60_000_000)
    return output.getvalue()


def _lying_bomb() -> bytes:
    """The table of contents says 10 bytes; the data would be 60 MB."""
    honest = _bomb()
    return honest.replace((60_000_011).to_bytes(4, "little"), (10).to_bytes(4, "little"))


_DOCTYPE = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;">]><worksheet>&c;</worksheet>'


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "n'est pas un classeur", id="0 bytes"),
        pytest.param(b"code;nom\n", "n'est pas un classeur", id="a CSV file with the wrong name"),
        pytest.param(b"\xd0\xcf\x11\xe0" + b"\0" * 2000, "n'est pas un classeur", id="encrypted, or an old .xls"),
        pytest.param(workbook([["a"]])[:300], "n'est pas un classeur", id="cut off"),
        pytest.param(package({"a.xml": "<a/>"}), "n'est pas un classeur", id="another zip"),
        pytest.param(workbook([]), "est vide", id="an empty sheet"),
        pytest.param(
            with_sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
            "trop loin",
            id="two cells with seventeen billion between them",
        ),
        pytest.param(
            with_sheet(f'<row r="{MAX_ROWS + 2}"><c r="A{MAX_ROWS + 2}"><v>1</v></c></row>'), "trop loin", id="too low"
        ),
        pytest.param(package(PARTS | {"xl/worksheets/sheet1.xml": _DOCTYPE}), "trop loin", id="entities"),
        pytest.param(shared_text_workbook(32_768, 2), "trop long", id="a text that Excel cannot hold, shared"),
        pytest.param(workbook([["a"], ["é" * 32_768]]), "trop long", id="a text that Excel cannot hold"),
        pytest.param(_bomb(), "compressé de façon anormale", id="zip bomb"),
        pytest.param(_lying_bomb(), "endommagé", id="zip bomb that lies about its size"),
    ],
)
def test_what_is_no_workbook_is_one_problem(content: bytes, problem: str) -> None:
    """The reader of workbooks never sees what could make it allocate without bounds."""
    found = read_xlsx(content)
    assert isinstance(found, SheetProblem)
    assert problem in found.problem.problem


def test_a_text_as_long_as_excel_allows_is_read() -> None:
    """Its characters are counted, not its bytes, nor how the signs of XML are written."""
    text = "é&" * 16_383
    sheet = read_xlsx(workbook([["a"], [text]]))
    assert isinstance(sheet, Sheet)
    assert sheet.rows == ((2, (text,)),)


def test_formatted_empty_cells_may_lie_anywhere() -> None:
    """Excel writes them down to the last row; they hold nothing."""
    far = '<row r="1"><c r="A1"><v>7</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert isinstance(read_xlsx(with_sheet(far)), Sheet)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_workbooks_never_raise(data: st.DataObject) -> None:
    """A few changed bytes, in the archive or in a part of it, give cells or a problem."""
    if data.draw(st.booleans()):
        content = bytearray(workbook([["code", "nom"], ["R1", 12.5]]))
        for position in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
            content[position] = data.draw(st.integers(0, 255))
        assert isinstance(read_xlsx(bytes(content)), Sheet | SheetProblem)
    else:
        row = data.draw(st.sampled_from(["1", "0", "-1", "x", "4294967296", ""]))
        reference = data.draw(st.sampled_from(["A1", "A0", "1", "A", "ZZZ1", "AAAA1", "A4294967297", "a1", ""]))
        kind = data.draw(st.sampled_from(["", ' t="s"', ' t="b"', ' t="d"', ' t="e"', ' s="1"', ' s="99"']))
        value = data.draw(st.sampled_from(["1", "-700000", "1e308", "NaN", "inf", "99999999999999999999", "", "é"]))
        sheet = f'<row r="{row}"><c r="{reference}"{kind}><v>{value}</v></c></row>'
        assert isinstance(read_xlsx(with_sheet(sheet)), Sheet | SheetProblem)
