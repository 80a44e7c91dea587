"""What a person chose and is no longer as the form showed it: found where the choice is stored, in its transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from models.rules.changes import Change, Changed, ChangedLine, Shown, as_seen, changes, shown_anew
from models.tables.campaign import CampaignLine


def changed_lines(
    lines: Sequence[CampaignLine],
    today: Mapping[int, Shown],
    form: int,
    matters: Callable[[CampaignLine, Change], bool],
) -> Changed | None:
    """What differs, of what ``matters``, between the form with the number ``form`` and ``today``; None: nothing.

    ``today`` has each line by its document. What differs is stored as it is today, for the forms that follow, with what
    it was: a run that is killed before it asks again finds the same changes for the same answer.
    """
    found = []
    for line in lines:
        seen = changes(as_seen(line.shown, form), today[line.document_id])
        if differing := tuple(change for change in seen if matters(line, change)):
            found.append(ChangedLine(line.shown["name"], line.shown["number"], differing))
    if not found:
        return None
    for line in lines:
        if changes(line.shown, today[line.document_id]):
            line.shown = shown_anew(line.shown, today[line.document_id], form)
    return Changed(tuple(found))
