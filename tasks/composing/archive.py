"""The archive: exact bytes, kept under the name of their content.

A local folder behind two functions; an object store can take its place when several machines share it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import uuid4


def put(folder: Path, content: bytes) -> str:
    """Store ``content`` durably under ``folder`` and return its key; the same bytes have the same key.

    The file and its name are on the disk when this returns: what the ledger refers to is never missing. It may hold
    personal papers, so only the owner can read it.
    """
    key = hashlib.sha256(content).hexdigest()
    path = _path(folder, key)
    if path.exists():
        os.utime(path)  # it is wanted again: a purge counts its age from now
        return key
    temporary = path.with_name(f".{key}.{uuid4().hex}")
    try:
        descriptor = _create(temporary)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = _create(temporary)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return key


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def get(folder: Path, key: str) -> bytes:
    """The bytes that ``key`` names. FileNotFoundError when they are not there, ValueError when they were altered."""
    content = _path(folder, key).read_bytes()
    if hashlib.sha256(content).hexdigest() != key:
        raise ValueError(f"the archived file {key} is not what was stored")
    return content


def _path(folder: Path, key: str) -> Path:
    return folder / key[:2] / key
