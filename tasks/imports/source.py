"""Where an import comes from: a folder, or a zip archive of one."""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from tasks.entry.problems import Problem, visible
from tasks.imports.bounds import MAX_ARCHIVE_BYTES, MAX_FILES
from tasks.imports.faults import Fault
from tasks.imports.unpacking import member_problem, open_archive, read_member, too_large

EXPECTED_SOURCE = "un dossier, ou une archive .zip"

_LEFT_BY_SYSTEMS = {"thumbs.db", "desktop.ini", "__macosx"}


class Source(Protocol):
    """The files of an import. ``names`` are their paths inside it, with ``/``."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What forbids to use some of the files."""

    def read(self, name: str, max_bytes: int) -> bytes | Problem:
        """The bytes of a file in ``names``; a problem when there are more than ``max_bytes``."""


class _Folder:
    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self._path = path
        self.names = names
        self.faults: tuple[Fault, ...] = ()

    def read(self, name: str, max_bytes: int) -> bytes | Problem:
        return _read_file(self._path / name, max_bytes)


class _Archive:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members: dict[str, zipfile.ZipInfo] = {}
        faults = []
        for member in archive.infolist():
            name = member.filename.replace("\\", "/")
            if member.is_dir() or _is_left_by_a_system(name):
                continue
            problem = member_problem(member)
            if name in self._members:
                problem = Problem("ce nom figure deux fois dans l'archive", "un seul fichier de ce nom")
            if problem:
                faults.append(Fault.of(problem, visible(name)))
            else:
                self._members[name] = member
        self.faults = tuple(faults)
        self._inside_of_one_folder()
        self.names = tuple(self._members)

    def _inside_of_one_folder(self) -> None:
        """Who packs a folder often packs the folder itself: what counts is what is in it."""
        first = {PurePosixPath(name).parts[0] for name in self._members}
        if len(first) == 1 and all("/" in name for name in self._members):
            self._members = {name.partition("/")[2]: member for name, member in self._members.items()}

    def read(self, name: str, max_bytes: int) -> bytes | Problem:
        return read_member(self._archive, self._members[name], max_bytes)


def within(root: Path | None, written: str) -> Path | Problem:
    """The path that was written; a problem when it leads out of ``root``, whether anything is there or not."""
    if root is None:
        return Path(written).expanduser()
    base = root.resolve()
    try:
        path = (base / written.strip()).resolve()
    except (OSError, RuntimeError, ValueError):
        path = Path("/")
    if path.is_relative_to(base):
        return path
    return Problem("n'est pas dans le dossier des imports", f"un dossier ou une archive .zip de {base}")


@contextmanager
def opened(path: Path) -> Iterator[Source | Problem]:
    """The files at ``path``, or why they cannot be used."""
    if path.is_dir():
        names = _walk(path)
        yield names if isinstance(names, Problem) else _Folder(path, names)
        return
    if not path.exists():
        yield Problem("ce dossier n'existe pas", EXPECTED_SOURCE)
        return
    if not path.is_file() or path.suffix.lower() != ".zip":
        yield Problem("ce n'est ni un dossier ni une archive .zip", EXPECTED_SOURCE)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        yield Problem(f"l'archive ne peut pas être lue ({error.strerror})", EXPECTED_SOURCE)
        return
    with file:
        archive = open_archive(file, MAX_ARCHIVE_BYTES)
        yield archive if isinstance(archive, Problem) else _Archive(archive)


class Remembering:
    """A source that remembers which bytes were read, so that an answer about them can be told from one about others."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._read: dict[str, str] = {}
        self.names, self.faults = source.names, source.faults

    def read(self, name: str, max_bytes: int) -> bytes | Problem:
        content = self._source.read(name, max_bytes)
        self._read[name] = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else ""
        return content

    def digest(self) -> str:
        """A digest of the names and bytes that were read so far."""
        return hashlib.sha256(repr(sorted(self._read.items())).encode()).hexdigest()


class Finder:
    """Finds the file that a cell names: exactly, or (Windows does not tell them apart) but for the case."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._alike: dict[str, list[str]] = defaultdict(list)
        for name in self._names:
            self._alike[_fold(name)].append(name)

    def find(self, wanted: str) -> str | None:
        """The file's name in the import; None when there is none, or two that differ by their case."""
        path = wanted.replace("\\", "/").removeprefix("./")
        if path in self._names:
            return path
        alike = self._alike.get(_fold(path), [])
        return alike[0] if len(alike) == 1 else None


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _walk(path: Path) -> tuple[str, ...] | Problem:
    names: list[str] = []
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not _is_left_by_a_system(name))
        for file in sorted(files):
            if not _is_left_by_a_system(file):
                names.append((Path(folder) / file).relative_to(path).as_posix())
        if len(names) > MAX_FILES:
            return Problem(f"le dossier contient plus de {MAX_FILES} fichiers", EXPECTED_SOURCE)
    return tuple(names)


def _is_left_by_a_system(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.lower() in _LEFT_BY_SYSTEMS or (part.startswith(("~$", ".")) and part != "..") for part in parts)


def _read_file(path: Path, max_bytes: int) -> bytes | Problem:
    # O_NOFOLLOW: a link could show another person's file; O_NONBLOCK: a pipe would wait for ever.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            return Problem("ce fichier est un lien", "un vrai fichier")
        return Problem(f"ce fichier ne peut pas être lu ({error.strerror})", "un fichier que Facteur peut lire")
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return Problem("ce n'est pas un fichier ordinaire", "un vrai fichier")
        content = file.read(max_bytes + 1)
    return too_large(max_bytes) if len(content) > max_bytes else content
