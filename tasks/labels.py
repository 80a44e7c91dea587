"""The French words for states and classes. Never "delivered": SMTP proves acceptance, no more."""

from models.rules.coverage import Coverage
from models.rules.recipients import NoAddress, Role
from models.rules.states import DeliveryState

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

COVERAGE = {
    Coverage.UNCERTAIN: "incertains",
    Coverage.FAILED: "en échec",
    Coverage.WAITING: "en attente",
    Coverage.PRINTED: "imprimés",
    Coverage.MAILED: "envoyés par e-mail",
    Coverage.EXCLUDED: "exclus",
}

ROLE = {
    Role.RESIDENT: "résident",
    Role.GUARDIAN: "tuteur",
    Role.BOTH: "résident et tuteur",
    Role.CLIENT: "client",
}

NO_ADDRESS = {
    NoAddress.PAPER: "papier demandé",
    NoAddress.NONE: "aucune adresse e-mail",
    NoAddress.RESIDENT_NONE: "destinataire : résident, qui n'a pas d'adresse e-mail",
    NoAddress.GUARDIAN_NONE: "destinataire : tuteur, qui n'a pas d'adresse e-mail",
}
