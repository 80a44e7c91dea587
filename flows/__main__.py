"""``python -m flows`` is ``facteur``."""

import sys

from flows.cli.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
