"""importer-les-donnees: what the billing software exported comes in, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.ending import ended
from flows.forms import INITIALS, Form, ask_until_right
from flows.naming import named, written
from models.values.ending import Ending
from tasks.imports.report import ImportReport, Outcome
from tasks.imports.run import Consent
from tasks.imports.task import import_folder
from tasks.pages.publishing import publish_page
from tasks.pages.rendering import render_page

ARTIFACT = "import-donnees"
NUMBER = "nombre_de_changements"
DIGEST_CHARACTERS = 16


def _describe(asked: Mapping[str, Any]) -> str:
    return f"Import · {written(asked, 'dossier')}" + (" · essai" if asked.get("essai") else "")


@flow(name="importer-les-donnees", flow_run_name=named(_describe), persist_result=False)
def importer_les_donnees(dossier: str, essai: bool = False) -> State[Any]:
    """Importe les structures, tuteurs, résidents, clients et factures exportés par le logiciel de facturation.

    L'import est fait en entier ou pas du tout. S'il est refusé, chaque anomalie est listée avec son fichier, sa ligne
    et sa colonne. S'il change quelque chose de dangereux (une adresse, un IBAN, un nom, un tuteur), il vous attend.

    Args:
        dossier: Le dossier de l'export, ou son archive .zip, sur la machine où Facteur travaille.
        essai: Montrer ce que l'import changerait, sans rien enregistrer.

    """
    report = import_folder(dossier, dry_run=essai)
    while report.outcome is Outcome.WAITING:
        report = import_folder(dossier, consent=_consent(report, dossier))
    page = render_page("import", report=report)
    return ended(Ending(report.message, report.outcome is Outcome.REFUSED, page, ARTIFACT), _title(dossier))


def _title(folder: str) -> str:
    return f"Import des données : {folder}"


def _consent(report: ImportReport, folder: str) -> Consent:
    """What a person answered when she was shown these very changes of these very bytes.

    The form is named after both: an answer about another folder, or another state of this one, answers nothing.
    """
    number = len(report.dangerous)

    def form(wrong: str = "") -> Form:
        page = publish_page(ARTIFACT, _title(folder), render_page("import", report=report))
        return (
            Form(key)
            .initials(f"{wrong}{_explanation(report, page)}")
            .number(NUMBER, "Combien de changements dangereux acceptez-vous ?")
        )

    def read(typed: Mapping[str, Any], _form: int) -> Consent | Form:
        initials = " ".join(str(typed.get(INITIALS) or "").split())
        if initials and typed.get(NUMBER) == number:
            return Consent(initials, report.digest)
        return form(
            f"**Votre réponse ne convient pas** : le tableau montre {number} changements dangereux, vous avez écrit "
            f"{typed.get(NUMBER)}. Relisez-le.\n\n"
        )

    key = f"import-{report.digest[:DIGEST_CHARACTERS]}"
    return ask_until_right(flow_run.get_id() or "", key, form, read)[1]


def _explanation(report: ImportReport, page: object) -> str:
    return (
        f"Cet import ferait **{report.dangers}**. Rien n'est encore enregistré.\n\n"
        f"[Voir les changements](/artifacts/artifact/{page}) : relisez chaque ancienne et chaque nouvelle valeur. Une "
        "colonne décalée d'une ligne enverrait les factures à d'autres familles.\n\n"
        "Tout est juste : vos initiales, et le nombre de changements dangereux. Sinon : fermez, « Cancel » sur la page "
        "de l'exécution, corrigez, exportez de nouveau."
    )
