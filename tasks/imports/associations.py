"""The code of an association, made from its name: an import knows associations by name alone."""

from __future__ import annotations

import hashlib
import re

from models.values.people import alphabetical

LONGEST_CODE = 60
_DIGEST_CHARACTERS = 8


def association_code(name: str) -> str:
    """``[a-z0-9-]`` from a name, empty when nothing is left of it. It also names the SMTP block, ``smtp-<code>``.

    Of a long name, the beginning and a digest of all of it: two long names that begin alike stay two associations.
    """
    plain = alphabetical(name.replace("œ", "oe").replace("Œ", "oe"))
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(code) <= LONGEST_CODE:
        return code
    digest = hashlib.sha256(code.encode()).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{code[: LONGEST_CODE - _DIGEST_CHARACTERS - 1].rstrip('-')}-{digest}"
