"""reprendre-les-differes: takes up again what the recipients' servers put off."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.mailing import mail_each, open_post_office
from tasks.relays import find_relays
from tasks.remaining import due_documents


@flow(name="reprendre-les-differes", persist_result=False)
def reprendre_les_differes() -> State[Any]:
    """Reprend les envois différés dont l'heure est venue. Se lance tout seul, toutes les 15 minutes."""
    documents = due_documents()
    if not documents:
        return Completed(message="Aucun envoi différé n'est à reprendre.")
    carriers = find_relays(tuple(sorted({document.structure for document in documents})))
    if isinstance(carriers, str):
        return Failed(message=carriers)
    with closing(open_post_office(carriers)) as post:
        mail_each(documents, post)
        stops = post.stopped
    if stops:
        return Failed(message=f"Reprise arrêtée : {stops[0].sentence}. {stops[0].remedy}")
    return Completed(message=f"{len(documents)} envois différés repris.")
