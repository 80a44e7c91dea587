"""What each column is for, as the templates of an import say it."""

from __future__ import annotations

from tasks.imports.columns import Column, Table

_ADDRESS = {
    "adresse": "Rue, bâtiment, étage ; plusieurs lignes sont permises (Alt + Entrée).",
    "code_postal": "Cinq chiffres ; la colonne est en texte, les zéros du début restent.",
    "ville": "La ville.",
}
_TEXTS: dict[str, dict[str, str]] = {
    "structures": {
        "code": "Le code de la structure, toujours le même.",
        "nom": "Son nom, imprimé sur les factures.",
        "association": "Le nom de l'association, toujours écrit de la même façon.",
        "siret": "14 chiffres ; la clé est vérifiée.",
        "finess": "9 caractères.",
        "iban": "Le compte sur lequel on paie ; la clé est vérifiée. Un changement demande un accord à l'import.",
        "bic": "8 ou 11 caractères.",
        "mention_tva": "La mention imprimée au bas des factures.",
        "expediteur_nom": "Le nom de l'expéditeur des mails ; vide : le nom de la structure.",
        "expediteur_email": "L'adresse de l'expéditeur. Sans elle, rien ne part.",
        "repondre_a": "L'adresse qui reçoit les réponses ; vide : celle de l'expéditeur.",
        "objet_mail": "L'objet du mail, avec &personne et &periode ; vide : un objet par défaut.",
        "texte_mail": "Le texte du mail, avec &personne et &periode ; vide : un texte par défaut.",
        **_ADDRESS,
    },
    "tuteurs": {
        "code": "Le code du tuteur ; un même tuteur peut servir beaucoup de résidents.",
        "nom": "Son nom.",
        "prenom": "Son prénom.",
        "organisme": "L'organisme pour lequel il agit.",
        "type": "Un mot de la liste, ou un autre : « habilitation familiale », « préposé » ...",
        "email": "Une seule adresse.",
        **_ADDRESS,
    },
    "residents": {
        "structure": "Le code de sa structure.",
        "code": "Son code, unique dans la structure. Ne le donnez jamais à une autre personne.",
        "civilite": "M., Mme ...",
        "nom": "Son nom.",
        "prenom": "Son prénom.",
        "email": "Sa propre adresse, une seule ; celle du tuteur est dans tuteurs.",
        "code_tuteur": "Le code de son tuteur, s'il en a un.",
        "destinataires": "Qui reçoit la facture ; vide : tous.",
        "date_sortie": "Le jour de son départ.",
        **_ADDRESS,
    },
    "clients": {
        "structure": "Le code de la structure.",
        "code": "Son code, unique dans la structure.",
        "nom": "Son nom.",
        "type": "Un particulier ne reçoit jamais les mentions des pénalités ; vide : professionnel.",
        "email": "Une seule adresse.",
        "relance_suspendue_jusqu_au": "Aucune relance jusqu'à ce jour inclus.",
        "motif_suspension": "Gardé avec la date.",
        **_ADDRESS,
    },
    "factures": {
        "structure": "Le code de la structure.",
        "numero": "Le numéro, unique dans la structure.",
        "code_resident": "Le code du résident ; ou code_client, jamais les deux.",
        "code_client": "Le code du client ; ou code_resident, jamais les deux.",
        "periode": "Le mois, AAAA-MM (2024-09) ; obligatoire pour un résident.",
        "date_facture": "JJ/MM/AAAA.",
        "date_echeance": "JJ/MM/AAAA, pas avant la date de la facture.",
        "montant_ht": "HT + TVA doit faire le TTC ; la somme des lignes doit faire le HT.",
        "montant_tva": "Vide : 0.",
        "montant_ttc": "Le montant TTC.",
        "reste_a_payer": "Vide : tout le montant TTC.",
        "fichier_pdf": "Le nom d'un PDF du dossier, envoyé tel quel ; vide : Facteur dessine la facture.",
        "date_edition": "Le jour de l'impression par l'autre logiciel.",
        "litige": "Une facture en litige n'est jamais relancée ; vide : non.",
    },
    "lignes": {
        "structure": "Seulement quand deux structures ont le même numéro.",
        "numero_facture": "Le numéro de la facture.",
        "libelle": "Ce qui est facturé.",
        "quantite": "Trois décimales au plus.",
        "prix_unitaire": "Quatre décimales au plus.",
        "montant": "Quantité × prix unitaire, à 5 centimes près.",
    },
}


def explain_column(table: Table, column: Column) -> str:
    """What a column is for, in French; empty when nothing is said of it."""
    return _TEXTS.get(table.name, {}).get(column.name, "")
