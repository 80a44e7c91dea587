"""Sizes, durations, counts and system errors as a French reader expects them."""

from __future__ import annotations

import errno
import math

KB = 1_000
MB = 1_000_000
GB = 1_000_000_000

_SYSTEM = {
    errno.ENOTDIR: "un fichier occupe la place du dossier",
    errno.EEXIST: "un fichier occupe la place du dossier",
    errno.EACCES: "Facteur n'en a pas le droit",
    errno.EPERM: "Facteur n'en a pas le droit",
    errno.EROFS: "le disque est en lecture seule",
    errno.ENOSPC: "le disque est plein",
    errno.EDQUOT: "le quota du disque est atteint",
}


def size(count: float) -> str:
    """``350 ko``, ``36,7 Mo``, ``1,2 Go``; decimal units, as disks and Microsoft count them."""
    for unit, name in ((GB, "Go"), (MB, "Mo")):
        if count >= unit:
            return f"{count / unit:.1f}".replace(".", ",").removesuffix(",0") + f" {name}"
    return f"{math.ceil(count / 1000)} ko"


def duration(minutes: float) -> str:
    """``9 min``, ``3 h 20``; never less than a minute."""
    whole = max(1, math.ceil(minutes))
    return f"{whole} min" if whole < 60 else f"{whole // 60} h {whole % 60:02d}"


def listed(names: list[str], shown: int = 5) -> str:
    """The first few of a list, and how many more there are."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" et {more} de plus" if more > 0 else "")


def system_error(error: OSError) -> str:
    """Why the operating system said no."""
    return _SYSTEM.get(error.errno or 0, error.strerror or str(error))
