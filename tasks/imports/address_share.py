"""How many of a structure's addresses an import changes: many at once look like a column that slipped."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from models.rules.recipients import Role, normalise
from tasks.imports.stored import Files, Pair, Stored, pair_of

FEWEST = 5  # below, it is a month's usual news
ONE_IN = 10


@dataclass(slots=True)
class AddressShare:
    """Of the ``total`` addresses of a structure, ``changed`` are replaced or emptied.

    An address counts once for every resident, or client, whom it serves.
    """

    structure: str
    role: Role
    changed: int = 0
    total: int = 0

    @property
    def alarming(self) -> bool:
        """A tenth of them, and at least five."""
        return self.changed >= FEWEST and self.changed * ONE_IN >= self.total


def address_shares(files: Files, stored: Stored) -> list[AddressShare]:
    """The structures whose addresses change too much for nobody to look."""
    own = _new_values(files, "residents", "email")
    new_guardian = _new_values(files, "residents", "guardian_code")
    guardian_email = {row.values["code"]: row.values.get("email") for row in files["tuteurs"].rows}
    clients = _new_values(files, "clients", "email")
    shares: dict[tuple[str, Role], AddressShare] = {}
    pairs: dict[tuple[str, Role], list[tuple[str, str]]] = defaultdict(list)
    for key, resident in stored.residents.items():
        of = pairs[key[0], Role.RESIDENT]
        of.append((resident.email, own.get(key, resident.email)))
        guardian = resident.guardian
        code = new_guardian.get(key, guardian.code if guardian else "")
        known = stored.guardians.get(code)
        given = guardian_email.get(code)
        of.append((guardian.email if guardian else "", (known.email if known else "") if given is None else given))
    for key, client in stored.clients.items():
        pairs[key[0], Role.CLIENT].append((client.email, clients.get(key, client.email)))
    for (structure, role), found in pairs.items():
        share = AddressShare(structure, role)
        for before, after in found:
            share.total += bool(before)
            share.changed += bool(before) and normalise(before) != normalise(after)
        shares[structure, role] = share
    return [share for share in shares.values() if share.alarming]


def _new_values(files: Files, table: str, attribute: str) -> dict[Pair, str]:
    found = ((pair_of(row), row.values.get(attribute)) for row in files[table].rows)
    return {key: value for key, value in found if key is not None and value is not None}
