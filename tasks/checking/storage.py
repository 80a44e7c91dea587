"""Where messages and printings are written: tried for real; and the room that is left."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from tasks.checking.result import Finding, Light
from tasks.checking.words import GB, MB, size, system_error
from tasks.composing import archive

LITTLE_BYTES = 2 * GB
TOO_LITTLE_BYTES = 200 * MB
MEND = "Vérifier FACTEUR_VAR, le disque et les droits du dossier."


def check_archive(folder: Path) -> Finding:
    """Write, read and remove a file as a sending does."""
    probe = f"verifier-la-configuration {uuid4()}".encode()
    key = ""
    try:
        key = archive.put(folder, probe)
        archive.get(folder, key)
    except (OSError, ValueError) as error:
        return _refused("archive", folder, error)
    finally:
        if key:  # its folder stays: a sending may be about to write there
            with suppress(OSError):
                (folder / key[:2] / key).unlink()
    return Finding("archive", Light.GREEN, f"{folder} : écriture et relecture réussies")


def check_prints(folder: Path) -> Finding:
    """Write and remove a file in the folder of the printings."""
    probe = folder / f".verification-{uuid4().hex}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(b"verification")
        probe.unlink()
    except OSError as error:
        return _refused("prints", folder, error)
    return Finding("prints", Light.GREEN, f"{folder} : écriture réussie")


def check_disk(folder: Path, needed: int) -> Finding:
    """How much room is left where the archive is; ``needed`` is what the next campaign writes, in bytes."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return _refused("disk", there, error)
    light = disk_light(free, needed)
    words = f"{size(free)} libres, {size(needed)} pour le prochain envoi" if needed else f"{size(free)} libres"
    if light is Light.GREEN:
        return Finding("disk", light, words)
    return Finding("disk", light, f"{words}.", f"Libérer de la place sur le disque de {there}.")


def disk_light(free: int, needed: int) -> Light:
    """Red under 200 MB or under what is needed, orange under 2 GB; in bytes."""
    if free < TOO_LITTLE_BYTES or free < needed:
        return Light.RED
    return Light.ORANGE if free < LITTLE_BYTES else Light.GREEN


def _refused(key: str, folder: Path, error: OSError | ValueError) -> Finding:
    why = system_error(error) if isinstance(error, OSError) else "ce qui est relu n'est pas ce qui a été écrit"
    return Finding(key, Light.RED, f"Impossible d'écrire dans {folder} : {why}.", MEND, detail=str(error))
