"""``facteur message``: the exact bytes of a sending, or why they cannot be had; on both databases."""

from __future__ import annotations

import email
import email.policy
import stat
from pathlib import Path

import pytest
from sqlalchemy import update

from flows.cli.__main__ import main
from models.database.session import writing
from models.tables.delivery import Delivery
from settings.load import load_settings
from tests.workplace import Workplace


@pytest.fixture
def sent(workplace: Workplace) -> Delivery:
    """A delivery that was accepted."""
    workplace.add_resident("Éluard", "a@example.org")
    workplace.run()
    (delivery,) = workplace.deliveries()
    return delivery


def refused(capsys: pytest.CaptureFixture[str], out: Path, delivery_id: int) -> str:
    """The sentence with which the command gives up; nothing is written."""
    assert main(["message", str(delivery_id), "--out", str(out)]) == 1
    assert not out.exists()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    return captured.err


def archived(delivery: Delivery) -> Path:
    return load_settings().archive / delivery.archive_key[:2] / delivery.archive_key


def test_the_file_holds_the_bytes_that_left(workplace: Workplace, sent: Delivery, tmp_path: Path) -> None:
    """Byte for byte what the relay received, readable by its owner alone."""
    out = tmp_path / "envoi.eml"
    assert main(["message", str(sent.id), "--out", str(out)]) == 0
    (message,) = workplace.relay.messages()
    assert out.read_bytes() == message.content
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    parsed = email.message_from_bytes(out.read_bytes(), policy=email.policy.default)
    assert str(parsed["Message-ID"]) == sent.message_id


def test_a_dash_writes_to_the_output(
    workplace: Workplace, sent: Delivery, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Nothing but the message, for another program to read."""
    assert main(["message", str(sent.id), "--out", "-"]) == 0
    (message,) = workplace.relay.messages()
    assert capfdbinary.readouterr().out == message.content


def test_a_file_is_never_overwritten(sent: Delivery, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a file nor what a link leads to."""
    out = tmp_path / "envoi.eml"
    out.write_text("autre chose")
    link = tmp_path / "lien.eml"
    link.symlink_to(tmp_path / "nulle-part")
    for path in (out, link):
        assert main(["message", str(sent.id), "--out", str(path)]) == 1
        assert "existe déjà" in capsys.readouterr().err
    assert out.read_text() == "autre chose"
    assert not (tmp_path / "nulle-part").exists()


def test_a_folder_that_is_not_there_is_named(
    sent: Delivery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No folder is made."""
    assert "ne peut pas être écrit" in refused(capsys, tmp_path / "absent" / "envoi.eml", sent.id)


def test_an_unknown_sending_is_refused(sent: Delivery, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the sentence says where the number is."""
    assert "Aucun envoi n'a le numéro 999999" in refused(capsys, tmp_path / "x.eml", 999_999)


def test_what_is_not_composed_yet_has_no_message(
    workplace: Workplace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A planned delivery is only a plan."""
    workplace.add_resident("Aubert", "a@example.org")
    workplace.choose(workplace.plan())
    (delivery,) = workplace.deliveries()
    assert "n'est pas composé" in refused(capsys, tmp_path / "x.eml", delivery.id)


@pytest.mark.parametrize("how", ["key emptied", "file deleted"])
def test_what_was_purged_is_said_to_be(
    workplace: Workplace, sent: Delivery, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """Whether the ledger knows of it or only the archive."""
    archived(sent).unlink()
    if how == "key emptied":
        with writing(workplace.database) as session:
            session.execute(update(Delivery).values(archive_key=""))
    sentence = refused(capsys, tmp_path / "x.eml", sent.id)
    assert "les octets ont été supprimés selon la durée de conservation" in sentence
    assert ("FACTEUR_VAR" in sentence) == (how == "file deleted")


def test_an_altered_message_is_not_passed_off_as_the_original(
    sent: Delivery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its bytes no longer have the hash under which they were stored."""
    path = archived(sent)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"Subject", b"subject"))
    assert "a été modifié dans l'archive" in refused(capsys, tmp_path / "x.eml", sent.id)
