"""What a workbook knows and its reader drops: leading zeros, formulas that were never computed, merged, hidden cells.

The reader of workbooks gives values alone. What is read here is the XML (ECMA-376, part 1, 18.3 and 18.8).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

UNSAVED_FORMULA = "=…"  # what stands for the value of a formula that was never computed
NAMED_RANGES = 10

WORKBOOK, RELATIONS, STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
FIRST_PARTS = (STYLES, RELATIONS, WORKBOOK)  # what has to be known before a sheet is read

_LOCALE = re.compile(r"^\[\$[^\]]*\]")
_ZEROS = re.compile(r"0{2,30}")
# A cell with a formula, and what stands after it: a value, or none.
_FORMULA = re.compile(
    rb"<((?:\w+:)?)c\b([^<>]*)>\s*<\1f\b(?:[^<>]*/>|[^<>]*>[^<]*</\1f>)\s*(<\1v\s*/>|<\1v>\s*</\1v>)?\s*</\1c>"
)
_TYPE = re.compile(rb"\bt=([\"'])(\w+)\1")


@dataclass(slots=True)
class Traps:
    """What was learnt of a workbook so far; ``widths`` are the digits that a style of cells shows at least."""

    widths: Mapping[bytes, int] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    notes: list[str] = field(default_factory=list)

    def learn(self, name: str, part: bytes) -> bytes:
        """Take in one part, the FIRST_PARTS first; the part with what its cells show, for the reader.

        expat.ExpatError for what is no XML.
        """
        if name == STYLES:
            self.widths = _widths(part)
        elif name == RELATIONS:
            self.targets = _targets(part)
        elif name == WORKBOOK:
            self._find_first_sheet(part)
        elif "worksheets/" in name:
            if name == self.sheet:
                self.notes += _sheet_notes(part)
            return _with_zeros(_with_formulas(part), self.widths)
        return part

    def _find_first_sheet(self, part: bytes) -> None:
        for name, attributes in _elements(part, {"sheet"}):
            del name
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            self.sheet = posixpath.normpath(posixpath.join("/xl", self.targets.get(relation, "")))[1:]
            if attributes.get("state", "visible") != "visible":
                self.notes.append("la première feuille, celle qui est lue, est masquée.")
            return


def _elements(part: bytes, wanted: set[str]) -> list[tuple[str, dict[str, str]]]:
    """The elements of these local names, in their order."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local in wanted:
            found.append((local, attributes))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(part, True)
    return found


def _targets(part: bytes) -> dict[str, str]:
    return {a.get("Id", ""): a.get("Target", "") for _, a in _elements(part, {"Relationship"})}


def _widths(part: bytes) -> dict[bytes, int]:
    """The styles whose number format is made of zeros, and of how many: a postcode is ``00000``."""
    digits: dict[str, int] = {}
    widths: dict[bytes, int] = {}
    inside, position = False, 0
    for name, attributes in _elements(part, {"numFmt", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "xf"}):
        if name == "numFmt":
            code = _LOCALE.sub("", attributes.get("formatCode", "")).partition(";")[0]
            if _ZEROS.fullmatch(code):
                digits[attributes.get("numFmtId", "")] = len(code)
        elif name != "xf":
            inside = name == "cellXfs"
        elif inside:
            if width := digits.get(attributes.get("numFmtId", "")):
                widths[str(position).encode()] = width
            position += 1
    return widths


def _with_zeros(part: bytes, widths: Mapping[bytes, int]) -> bytes:
    if not widths:
        return part
    styles = b"|".join(sorted(widths))
    cell = re.compile(
        rb"<((?:\w+:)?)c\b([^<>]*\bs=[\"'](" + styles + rb")[\"'][^<>]*)>(?:\s*<\1f\b(?:[^<>]*/>|[^<>]*>[^<]*</\1f>))?"
        rb"\s*<\1v>(\d+)(?:\.0*)?</\1v>\s*</\1c>"
    )

    def write(found: re.Match[bytes]) -> bytes:
        prefix, attributes, style, number = found.groups()
        kind = _TYPE.search(attributes)
        if kind and kind[2] != b"n":
            return found[0]
        shown = number.rjust(widths[style], b"0")
        return b'<%sc%s t="str"><%sv>%s</%sv></%sc>' % (
            prefix,
            _TYPE.sub(b"", attributes),
            prefix,
            shown,
            prefix,
            prefix,
        )

    return cell.sub(write, part)


def _with_formulas(part: bytes) -> bytes:
    """A formula that has no value becomes UNSAVED_FORMULA: an empty cell would clear what is stored.

    Excel stores an empty text as the empty value of a text (``t="str"``): that one is empty indeed.
    """
    if b"f>" not in part and b"f " not in part and b"f/" not in part:
        return part

    def write(found: re.Match[bytes]) -> bytes:
        prefix, attributes, value = found.groups()
        kind = _TYPE.search(attributes)
        if value and kind and kind[2] == b"str":
            return found[0]
        marker = UNSAVED_FORMULA.encode("ascii", "xmlcharrefreplace")
        return b'<%sc%s t="str"><%sv>%s</%sv></%sc>' % (
            prefix,
            _TYPE.sub(b"", attributes),
            prefix,
            marker,
            prefix,
            prefix,
        )

    return _FORMULA.sub(write, part)


def _sheet_notes(part: bytes) -> list[str]:
    merged: list[str] = []
    rows: list[int] = []
    columns: list[str] = []
    row = 0
    for name, attributes in _elements(part, {"row", "col", "mergeCell"}):
        hidden = attributes.get("hidden") in {"1", "true"}
        if name == "mergeCell":
            merged.append(attributes.get("ref", ""))
        elif name == "row":
            written = attributes.get("r", "")
            row = int(written) if written.isdecimal() and len(written) < 9 else row + 1
            rows += [row] if hidden else []
        elif hidden:
            first, last = (attributes.get(end, "") for end in ("min", "max"))
            if first.isdecimal() and last.isdecimal() and len(first + last) < 12:
                columns.append(_letters(int(first)) + (f" à {_letters(int(last))}" if first != last else ""))
    notes = []
    if merged:
        notes.append(f"cellules fusionnées ({_listed(merged)}) : la première a la valeur, les autres sont lues vides.")
    if rows:
        what = "ligne masquée" if len(rows) == 1 else "lignes masquées"
        notes.append(
            f"{what} ({_listed(_runs(rows))}) : importée comme les autres."
            if len(rows) == 1
            else f"{what} ({_listed(_runs(rows))}) : importées comme les autres."
        )
    if columns:
        notes.append(f"colonnes masquées ({_listed(columns)}) : importées comme les autres.")
    return notes


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = len(every) - NAMED_RANGES
    return ", ".join(every[:NAMED_RANGES]) + (f" et {more} de plus" if more > 0 else "")


def _runs(numbers: list[int]) -> list[str]:
    """``3, 7 à 9``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [str(first) if first == last else f"{first} à {last}" for first, last in runs]


def _letters(column: int) -> str:
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
