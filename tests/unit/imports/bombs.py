"""Small files that unfold to gigabytes, and PDFs that do something, made by hand."""

from __future__ import annotations

import io
import zipfile
import zlib

import pikepdf

from tests.unit.imports.xlsx import PARTS

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRINGS = (
    '<Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" '
    'Target="sharedStrings.xml"/></Relationships>'
)


def shared_text_workbook(characters: int, cells: int, head: str = "code") -> bytes:
    """A workbook whose ``cells`` all refer to one text, under a head."""
    relations = "xl/_rels/workbook.xml.rels"
    rows = "".join(f'<row r="{y}"><c r="A{y}" t="s"><v>0</v></c></row>' for y in range(2, cells + 2))
    parts = PARTS | {
        relations: PARTS[relations].replace("</Relationships>", _STRINGS),
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}"><si><t>{"x" * characters}</t></si></sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr">'
        f"<is><t>{head}</t></is></c></row>{rows}</sheetData></worksheet>",
    }
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return output.getvalue()


def pdf_with_table_of(unfolded_bytes: int) -> bytes:
    """A PDF of one page whose compressed table of objects unfolds to so many bytes of nothing."""
    body = b"%PDF-1.5\n"
    places = [0]
    for number, content in enumerate(
        (
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>",
        ),
        start=1,
    ):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    places.append(len(body))
    table = b"".join(bytes([number > 0]) + place.to_bytes(4, "big") for number, place in enumerate(places))
    packer = zlib.compressobj(9)
    once = packer.compress(table)
    for _ in range(unfolded_bytes // 10_000_000):  # never whole in the memory of the test
        once += packer.compress(bytes(10_000_000))
    once += packer.flush()
    twice = zlib.compress(once, 9)
    return body + (
        b"4 0 obj\n<</Type/XRef/Size 5/W[1 4 0]/Root 1 0 R/Filter[/FlateDecode/FlateDecode]/Length %d>>\nstream\n"
        b"%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (len(twice), twice, places[-1])
    )


def pdf_that_runs_javascript() -> bytes:
    return _pdf(lambda pdf: setattr(pdf.Root, "OpenAction", pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="a()")))


def pdf_that_launches() -> bytes:
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")

    def link(pdf: pikepdf.Pdf) -> None:
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=action)
        pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([note]))

    return _pdf(link)


def pdf_with_attached(name: str) -> bytes:
    def attach(pdf: pikepdf.Pdf) -> None:
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, b"MZ", filename=name)

    return _pdf(attach)


def _pdf(change: object) -> bytes:
    assert callable(change)
    output = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        change(pdf)
        pdf.save(output)
    return output.getvalue()
