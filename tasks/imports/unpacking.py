"""Unpacking zip archives within bounds: what an archive says about its sizes is not believed."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import BinaryIO

from tasks.entry.problems import Problem
from tasks.imports.bounds import MAX_DIRECTORY_BYTES, MAX_FILES, MAX_RATIO, MEGABYTE, RATIO_COUNTS_FROM_BYTES

EXPECTED_ZIP = "une archive .zip ordinaire, sans mot de passe"

_END = b"PK\x05\x06"
_END_BYTES = 22
_END_64_LOCATOR = b"PK\x06\x07"
_END_64_LOCATOR_BYTES = 20
_COMMENT_BYTES = 0xFFFF


def open_archive(file: BinaryIO, max_bytes: int) -> zipfile.ZipFile | Problem:
    """Open an archive whose members hold at most ``max_bytes`` altogether, by their own account."""
    if _directory_bytes(file) > MAX_DIRECTORY_BYTES:
        return Problem(f"l'archive contient plus de {MAX_FILES} fichiers", EXPECTED_ZIP)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Problem("n'est pas une archive lisible", EXPECTED_ZIP)
    members = archive.infolist()
    if len(members) > MAX_FILES:
        return Problem(f"l'archive contient plus de {MAX_FILES} fichiers", EXPECTED_ZIP)
    if sum(member.file_size for member in members) > max_bytes:
        return Problem(f"l'archive contient plus de {max_bytes // MEGABYTE} Mo de données", EXPECTED_ZIP)
    return archive


def _directory_bytes(file: BinaryIO) -> int:
    """How large the table of contents says it is: ``zipfile`` reads all of it before it can be counted.

    An archive with a 64-bit table is one with more than 65,535 members or 4 GB: infinite, for this purpose.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _COMMENT_BYTES - _END_BYTES - _END_64_LOCATOR_BYTES))
    tail = file.read()
    file.seek(0)
    end = len(tail) - _END_BYTES
    if end < 0 or not (tail[end:].startswith(_END) and tail.endswith(b"\0\0")):
        end = tail.rfind(_END)
    if end < 0 or len(tail) < end + _END_BYTES:
        return 0
    if tail[max(0, end - _END_64_LOCATOR_BYTES) : end].startswith(_END_64_LOCATOR):
        return MAX_DIRECTORY_BYTES + 1
    found: int = struct.unpack_from("<L", tail, end + 12)[0]
    return found


def member_problem(member: zipfile.ZipInfo) -> Problem | None:
    """What forbids to unpack a member, judged by its entry alone."""
    if unsafe_name(member.filename):
        return Problem("ce nom désigne un fichier hors de l'archive", "des fichiers rangés dans l'archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        return Problem("ce fichier est un lien", "un vrai fichier")
    if member.flag_bits & 0x1:
        return Problem("ce fichier est protégé par un mot de passe", EXPECTED_ZIP)
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return Problem("ce fichier est compressé d'une façon inconnue", EXPECTED_ZIP)
    if member.file_size > RATIO_COUNTS_FROM_BYTES and member.file_size > MAX_RATIO * max(member.compress_size, 1):
        return Problem("ce fichier est compressé de façon anormale", EXPECTED_ZIP)
    return None


def unsafe_name(name: str) -> bool:
    """Whether a path could lead out of its folder, on any system."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, max_bytes: int) -> bytes | Problem:
    """The bytes of a member that ``member_problem`` let pass; no more than ``max_bytes`` are ever unpacked."""
    try:
        with archive.open(member) as file:
            content = file.read(max_bytes + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        return Problem("ce fichier de l'archive est endommagé", EXPECTED_ZIP)
    return too_large(max_bytes) if len(content) > max_bytes else content


def too_large(max_bytes: int) -> Problem:
    return Problem(f"le fichier dépasse {max_bytes // MEGABYTE} Mo", f"au plus {max_bytes // MEGABYTE} Mo")
