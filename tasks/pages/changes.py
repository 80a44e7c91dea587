"""What changed since a person was shown it, as the rows of a page and the lines of a form."""

from __future__ import annotations

from collections.abc import Sequence

from models.rules.changes import Changed, ChangedLine
from tasks.french.changes import described
from tasks.french.numbers import counted
from tasks.pages.rendering import cell

LISTED = 5  # more lines than that are read in the table


def changed_rows(lines: Sequence[ChangedLine]) -> list[dict[str, object]]:
    """One row for each line, with its changes."""
    return [
        {"name": line.name, "number": line.number, "changes": [described(change) for change in line.changes]}
        for line in lines
    ]


def changed_words(changed: Changed, plan_page: str) -> str:
    """What a form says first that asks again: which lines are no longer as they were shown; ``plan_page`` has all."""
    lines = changed.lines
    head = (
        f"**Rien n'est encore parti.** Changé depuis que vous avez vu le tableau : {counted(len(lines), 'ligne')}. "
        f"[Voir le tableau remis à jour](/artifacts/artifact/{plan_page})"
    )
    listed = [
        f"**{cell(line.name)} · {cell(line.number)}** : {cell(' ; '.join(map(described, line.changes)))}"
        for line in lines[:LISTED]
    ]
    more = [f"… et {len(lines) - LISTED} de plus, en tête du tableau."] if len(lines) > LISTED else []
    # Prefect makes one line of lines that no blank line parts, and what follows a list a part of its last point.
    return "\n\n".join([head, *listed, *more, "Vos choix sont gardés : vérifiez, puis validez de nouveau."])
