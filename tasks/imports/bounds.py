"""How much an import may hold. Far above what billing software exports, far below what would stop a machine."""

MEGABYTE = 1_000_000

MAX_FILE_BYTES = 50 * MEGABYTE
MAX_PDF_BYTES = 20 * MEGABYTE
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_CELLS = 6_000_000  # of the rectangle around all cells of a sheet, which its reader keeps in memory
MAX_LINE_CHARACTERS = 200_000
MAX_CELL_CHARACTERS = 32_767  # what a cell of Excel itself can hold

MAX_FILES = 20_000
MAX_DIRECTORY_BYTES = 10 * MEGABYTE
MAX_ARCHIVE_BYTES = 2_000 * MEGABYTE
# What is inside of a workbook, unpacked: 200,000 rows of invoice lines take about 100 MB of XML.
MAX_WORKBOOK_BYTES = 300 * MEGABYTE
# Text packs 5 to 30 times, a zip bomb more than 1,000 times; small files may pack better by chance.
MAX_RATIO = 200
RATIO_COUNTS_FROM_BYTES = MEGABYTE

# What the process that opens a file may take, its program included (60 MB). The largest workbook within the bounds
# above, 4 million cells, was read within 1 GB and 50 seconds on two busy cores.
OPENING_BYTES = 1_000 * MEGABYTE
WORKBOOK_SECONDS = 300
PDF_SECONDS = 30
