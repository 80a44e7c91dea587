"""A folder or a zip archive of it: files are found, and nothing outside of it is ever read."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.entry.problems import Problem
from tasks.imports import source
from tasks.imports.bounds import MAX_FILES
from tasks.imports.opening import read_tables
from tasks.imports.source import Finder, opened, within

CSV = b"code;nom;association\nS1;Maison;Les Rives\n"


def _zip(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: _zip(path / "e.zip", {"structures.csv": CSV}), id="a zip archive"),
        pytest.param(lambda path: _zip(path / "e.zip", {"export/structures.csv": CSV}), id="a zip of the folder"),
        pytest.param(lambda path: _zip(path / "e.zip", {"Structures.CSV": CSV, "__MACOSX/._x": b""}), id="from a Mac"),
        pytest.param(lambda path: (path / "structures.csv").write_bytes(CSV) and path, id="a folder"),
        pytest.param(lambda path: (path / "STRUCTURES.csv").write_bytes(CSV) and path, id="a folder, other case"),
    ],
)
def test_the_known_files_are_found(make: object, tmp_path: Path) -> None:
    """A folder and each usual zip of it hold the same import."""
    assert callable(make)
    with opened(make(tmp_path)) as found:
        assert not isinstance(found, Problem)
        files, faults, notes = read_tables(found)
    assert (faults, notes) == ([], [])
    assert [row.values["name"] for row in files["structures"].rows] == ["Maison"]


def _with_link(path: Path) -> Path:
    link = zipfile.ZipInfo("residents.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path / "e.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    return path / "e.zip"


def _encrypted(path: Path) -> Path:
    content = bytearray(_zip(path / "plain.zip", {"residents.csv": b"x"}).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    (path / "e.zip").write_bytes(content)
    return path / "e.zip"


def _endless_directory(path: Path) -> Path:
    content = bytearray(_zip(path / "plain.zip", {"residents.csv": b"x"}).read_bytes())
    end = content.index(b"PK\x05\x06")
    content[end + 12 : end + 16] = (0xFFFFFFF0).to_bytes(4, "little")
    (path / "e.zip").write_bytes(content)
    return path / "e.zip"


def _pipe(path: Path) -> Path:
    os.mkfifo(path / "residents.csv")
    return path


def _link(path: Path) -> Path:
    (path / "residents.csv").symlink_to("/etc/passwd")
    return path


def _file(path: Path, name: str, content: bytes) -> Path:
    (path / name).write_bytes(content)
    return path / name


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(lambda p: p / "absent", "n'existe pas", id="absent"),
        pytest.param(lambda p: _file(p, "e.txt", b"x"), "ni un dossier ni une archive", id="another file"),
        pytest.param(lambda p: _file(p, "e.zip", b""), "archive lisible", id="0 bytes"),
        pytest.param(lambda p: _file(p, "e.zip", os.urandom(5000)), "archive lisible", id="random bytes"),
        pytest.param(lambda p: p, "aucun fichier connu", id="an empty folder"),
        pytest.param(lambda p: _zip(p / "e.zip", {"notes.txt": b""}), "aucun fichier connu", id="no known file"),
        pytest.param(lambda p: _zip(p / "e.zip", {"../residents.csv": CSV}), "hors de l'archive", id="path traversal"),
        pytest.param(lambda p: _zip(p / "e.zip", {"/etc/residents.csv": CSV}), "hors de l'archive", id="absolute path"),
        pytest.param(lambda p: _zip(p / "e.zip", {"..\\residents.csv": CSV}), "hors de l'archive", id="backslashes"),
        pytest.param(lambda p: _zip(p / "e.zip", {"C:residents.csv": CSV}), "hors de l'archive", id="a drive"),
        pytest.param(_with_link, "est un lien", id="a link in a zip"),
        pytest.param(_encrypted, "mot de passe", id="encrypted"),
        pytest.param(_endless_directory, f"plus de {MAX_FILES} fichiers", id="an endless table of contents"),
        pytest.param(
            lambda p: _zip(p / "e.zip", {str(i): b"" for i in range(MAX_FILES + 1)}),
            f"plus de {MAX_FILES} fichiers",
            id="too many members",
        ),
        pytest.param(
            lambda p: _zip(p / "e.zip", {"residents.csv": b"a" * 20_000_000}), "façon anormale", id="a zip bomb"
        ),
        pytest.param(
            lambda p: _zip(p / "e.zip", {"residents.csv": b"code;nom\n"}, zipfile.ZIP_LZMA),
            "façon inconnue",
            id="another compression",
        ),
        pytest.param(
            lambda p: _zip(p / "e.zip", {"residents.csv": b"ab;c\n" * 10_400_000}, zipfile.ZIP_STORED),
            "dépasse 50 Mo",
            id="more than 50 MB",
        ),
        pytest.param(_pipe, "fichier ordinaire", id="a pipe, which would wait for ever"),
        pytest.param(_link, "est un lien", id="a link"),
    ],
)
def test_hostile_sources_are_one_fault(make: object, problem: str, tmp_path: Path) -> None:
    """Each is refused with one sentence, before it costs memory or shows a foreign file."""
    assert callable(make)
    with opened(make(tmp_path)) as found:
        if isinstance(found, Problem):
            assert problem in found.problem
        else:
            faults = read_tables(found)[1]
            assert len(faults) == 1
            assert problem in str(faults[0])
            assert "\n" not in str(faults[0])


def test_a_file_given_twice_is_a_fault_and_nobody_guesses_which_counts(tmp_path: Path) -> None:
    """CSV and XLSX of one table contradict each other sooner or later."""
    for name in ("residents.csv", "residents.xlsx"):
        (tmp_path / name).write_bytes(CSV)
    with opened(tmp_path) as found:
        assert not isinstance(found, Problem)
        faults = read_tables(found)[1]
    assert [fault.problem for fault in faults] == [
        "ce fichier est donné plusieurs fois : residents.csv, residents.xlsx"
    ]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        pytest.param("2024-09", "2024-09", id="a name in it"),
        pytest.param("{root}/2024-09", "2024-09", id="the whole path"),
        pytest.param(" 2024-09/../2024-10 ", "2024-10", id="a way within it"),
        pytest.param("..", None, id="above it"),
        pytest.param("../imports-2", None, id="beside it, with its name"),
        pytest.param("/etc", None, id="elsewhere"),
        pytest.param("link", None, id="a link that leads out"),
        pytest.param("~root", "~root", id="a home is only a name"),
        pytest.param("a\0b", None, id="no path"),
    ],
)
def test_imports_may_be_kept_to_one_folder(tmp_path: Path, written: str, found: str | None) -> None:
    """What lies elsewhere is refused in the same words whether it is there or not."""
    root = tmp_path / "imports"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    path = within(root, written.format(root=root))
    if found is None:
        assert isinstance(path, Problem)
        assert path.problem == "n'est pas dans le dossier des imports"
    else:
        assert path == root / found


def test_unknown_files_are_named(tmp_path: Path) -> None:
    """A file that is not read is not silently forgotten."""
    (tmp_path / "structures.csv").write_bytes(CSV)
    (tmp_path / "menu.xls").write_bytes(b"")
    (tmp_path / "~$structures.xlsx").write_bytes(b"")
    with opened(tmp_path) as found:
        assert not isinstance(found, Problem)
        _, faults, notes = read_tables(found)
    assert (faults, notes) == ([], ["Fichier inconnu, laissé de côté : « menu.xls »."])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("residents.xls", "ce type de fichier n'est pas lu ; attendu : residents.csv ou residents.xlsx"),
        ("residents.ods", "ce type de fichier n'est pas lu"),
        ("résidents.csv", "ce nom est presque celui du fichier residents"),
        ("residents (1).csv", "ce nom est presque celui du fichier residents"),
        ("Résident.xlsx", "ce nom est presque celui du fichier residents"),
        ("residants.csv", "ce nom est presque celui du fichier residents"),
        ("Copie de factures.xlsx", "ce nom est presque celui du fichier factures"),
        ("factures 2024-09.csv", "ce nom est presque celui du fichier factures"),
        ("export_lignes.csv", "ce nom est presque celui du fichier lignes"),
        ("structures - Copie.csv", "ce nom est presque celui du fichier structures"),
        ("client.csv", "ce nom est presque celui du fichier clients"),
        ("facture.pdf", ""),
        ("Lisez-moi.txt", ""),
        ("anciens/residents.csv", ""),
        ("tarifs.xlsx", ""),
    ],
)
def test_a_file_that_is_almost_named_is_a_fault(name: str, sentence: str, tmp_path: Path) -> None:
    """Left aside, a clerk's correction would be dropped, and the import said that nothing has changed."""
    (tmp_path / "structures.csv").write_bytes(CSV)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(CSV)
    with opened(tmp_path) as found:
        assert not isinstance(found, Problem)
        _, faults, notes = read_tables(found)
    assert [str(fault).startswith(f"{name} : {sentence}") for fault in faults] == [True] * bool(sentence)
    assert bool(notes) == (not sentence)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param("F1.pdf", "F1.pdf", id="exact"),
        pytest.param("f1.PDF", "F1.pdf", id="another case"),
        pytest.param("pdf\\É.pdf", "pdf/É.pdf", id="Windows path"),
        pytest.param("pdf/E\u0301.pdf", "pdf/É.pdf", id="decomposed accent"),
        pytest.param("A.PDF", None, id="two that differ by case: neither is guessed"),
        pytest.param("F2.pdf", None, id="absent"),
    ],
)
def test_the_file_that_a_cell_names(wanted: str, found: str | None) -> None:
    """As Windows would find it, and never one of two."""
    assert Finder(["F1.pdf", "pdf/É.pdf", "a.pdf", "a.PDF"]).find(wanted) == found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_archives_never_raise(tmp_path: Path, data: st.DataObject) -> None:
    """A few changed bytes of a zip give files, faults or a problem."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("structures.csv", CSV * 20)
    content = bytearray(output.getvalue())
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[position] = data.draw(st.integers(0, 255))
    path = tmp_path / "e.zip"
    path.write_bytes(content)
    with source.opened(path) as found:
        if not isinstance(found, Problem):
            read_tables(found)
