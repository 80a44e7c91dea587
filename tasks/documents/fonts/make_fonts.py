"""Make the two font files that every paper embeds, from Debian's fonts-noto-core.

Run it by hand when the character set changes: ``python tasks/documents/fonts/make_fonts.py [SOURCE_FOLDER]``.
The same source gives the same bytes.
"""

import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]

HERE = Path(__file__).parent
DEBIAN = Path("/usr/share/fonts/truetype/noto")
FACES = ("NotoSans-Regular", "NotoSans-Bold")

# Every letter that a Latin-script name or label can hold, with the punctuation and signs that go with it.
CHARACTERS = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x024F),  # Latin-1, Latin Extended-A and B
    (0x02B0, 0x02FF),  # modifier letters: Hawaiian and Breton names
    (0x0300, 0x036F),  # combining accents, for letters that exist in no composed form
    (0x1E00, 0x1EFF),  # Latin Extended Additional: Vietnamese
    (0x2000, 0x206F),  # punctuation, U+202F among it
    (0x2070, 0x209F),  # superscripts and subscripts
    (0x20A0, 0x20BF),  # currencies
    (0x2100, 0x214F),  # No, TM and other letter-like signs
    (0x2150, 0x218F),  # fractions
    (0xFB00, 0xFB06),  # ligatures, pasted from other PDFs
    (0xFFFD, 0xFFFD),  # what stands for a character that is not here
)


def make_font(source: Path, target: Path) -> None:
    """Keep the characters above and what is needed to draw them: no hints, no kerning, no alternates."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "DSIG", "gasp", "meta"]
    options.name_IDs = [0, 1, 2, 4, 6]  # ReportLab copies the name table into every PDF
    options.notdef_outline = True
    options.recalc_timestamp = False
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in CHARACTERS for code in range(first, last + 1)])
    subsetter.subset(font)
    subset.save_font(font, str(target), options)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEBIAN
    for face in FACES:
        make_font(folder / f"{face}.ttf", HERE / f"{face}.ttf")
        print(f"{face}.ttf: {(HERE / f'{face}.ttf').stat().st_size:,} bytes")
