"""The French words for states and classes. Never "delivered": SMTP proves acceptance, no more."""

from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress, Role
from models.rules.reminder_coverage import DESELECTED, Progress
from models.rules.reminders import NotDue
from models.rules.states import DeliveryState
from models.values.evidence import Evidence, Fault
from models.values.kinds import Channel, Obstacle, TrialState

STATE = {
    DeliveryState.PLANNED: "prévu",
    DeliveryState.COMPOSED: "prêt à partir",
    DeliveryState.CLAIMED: "en cours",
    DeliveryState.HANDING_OVER: "en cours de remise",
    DeliveryState.ACCEPTED: "envoyé",
    DeliveryState.REFUSED: "refusé",
    DeliveryState.DEFERRED: "différé",
    DeliveryState.UNCERTAIN: "incertain",
    DeliveryState.ABANDONED: "abandonné",
    DeliveryState.WITHDRAWN: "retiré",
}

FAULT = {
    Fault.DNS: "nom du serveur introuvable",
    Fault.REFUSED: "connexion refusée",
    Fault.TIMEOUT: "pas de réponse à temps",
    Fault.DROPPED: "connexion coupée",
    Fault.TLS: "chiffrement impossible",
    Fault.NO_STARTTLS: "chiffrement non proposé",
    Fault.NO_AUTH: "authentification non proposée",
    Fault.TOKEN: "jeton OAuth2 refusé",
    Fault.TOKEN_SERVICE: "service de jetons injoignable",
    Fault.GARBLED: "réponse illisible",
    Fault.FENCED: "pris par un autre traitement",
    Fault.UNWRITABLE: "message non composé",
}

COVERAGE = {
    Coverage.UNCERTAIN: "incertaines",
    Coverage.FAILED: "en échec",
    Coverage.WAITING: "en attente",
    Coverage.PRINTED: "imprimées",
    Coverage.MAILED: "envoyées par e-mail",
    Coverage.EXCLUDED: "exclues",
}

ONE_INVOICE = {
    Coverage.UNCERTAIN: "incertaine",
    Coverage.FAILED: "en échec",
    Coverage.WAITING: "en attente",
    Coverage.PRINTED: "imprimée",
    Coverage.MAILED: "envoyée par e-mail",
    Coverage.EXCLUDED: "exclue",
}

ROLE = {
    Role.RESIDENT: "résident",
    Role.GUARDIAN: "tuteur",
    Role.BOTH: "résident et tuteur",
    Role.CLIENT: "client",
}

# Why an answer about an uncertain delivery changed nothing.
OBSTACLE = {
    Obstacle.IN_TWO_LISTS: "dans deux listes à la fois",
    Obstacle.NO_LONGER_UNCERTAIN: "n'était plus incertain",
}

TRIAL = {
    TrialState.ASKED: "demandé",
    TrialState.BEGUN: "commencé",
    TrialState.ACCEPTED: "accepté",
    TrialState.UNCERTAIN: "incertain",
    TrialState.NOT_SENT: "pas parti",
}

CHANNEL = {Channel.EMAIL: "e-mail", Channel.LETTER: "courrier"}

# What became of one reminder.
PROGRESS = {
    Progress.UNCERTAIN: "incertaine",
    Progress.FAILED: "en échec",
    Progress.UNDER_WAY: "en attente",
    Progress.PRINTED: "éditée",
    Progress.MAILED: "envoyée",
    Progress.WITHDRAWN: "retirée",
}

NOT_DUE = {
    NotDue.PAID: "réglée",
    NotDue.NO_DUE_DATE: "sans date d'échéance",
    NotDue.NOT_OVERDUE: "pas encore échue",
    NotDue.DISPUTED: "en litige",
    NotDue.SUSPENDED: "relances suspendues pour ce client",
    NotDue.BELOW_MINIMUM: "reste à payer trop faible",
    NotDue.UNDER_WAY: "relance en cours",
    NotDue.LAST_LEVEL: "déjà mise en demeure",
    NotDue.RECENT: "relancée récemment",
    NotDue.TOO_SOON: "échue depuis trop peu de jours",
    DESELECTED: "écartée à la relecture",
}

NO_ADDRESS = {
    NoAddress.PAPER: "papier demandé",
    NoAddress.NONE: "aucune adresse e-mail",
    NoAddress.RESIDENT_NONE: "destinataire : résident, qui n'a pas d'adresse e-mail",
    NoAddress.GUARDIAN_NONE: "destinataire : tuteur, qui n'a pas d'adresse e-mail",
}


def observed(evidence: Evidence | None) -> str:
    """What was observed, as a clerk reads it: the server's own reply, or the fault in French."""
    if evidence is None:
        return ""
    return FAULT[evidence.fault] if evidence.fault else str(evidence)
