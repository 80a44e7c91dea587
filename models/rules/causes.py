"""The error table: what an observation of the relay means in French, what to do about it, and who can do it."""

import re
from dataclasses import dataclass
from enum import StrEnum

from models.rules.replies import enhanced_code
from models.values.evidence import Evidence, Fault, Stage


class Who(StrEnum):
    """Who can act, as a clerk calls them."""

    NOBODY = "personne : Facteur s'en charge"
    CLERK = "le service facturation"
    MAIL_ADMINISTRATOR = "l'administrateur de la messagerie"
    OPERATOR = "la personne qui exploite Facteur"


@dataclass(frozen=True, slots=True)
class Cause:
    """One row of the table: what it says, then what it speaks of.

    ``name`` is stable and identifies the row. No stage, fault or reply fits every one; ``reply`` is a regular
    expression for the beginning of "code enhanced text", where "-" stands for what is missing.
    """

    name: str
    cause: str
    remedy: str
    who: Who
    stages: tuple[Stage, ...] = ()
    fault: Fault | None = None
    reply: str = ""

    def fits(self, evidence: Evidence) -> bool:
        """Whether this row speaks of ``evidence``."""
        code = "-" if evidence.code is None else str(evidence.code)
        enhanced = evidence.enhanced or enhanced_code(evidence.code or 0, evidence.text) or "-"
        return (
            (not self.stages or evidence.stage in self.stages)
            and (self.fault is None or evidence.fault is self.fault)
            and re.match(self.reply, f"{code} {enhanced} {evidence.text}", re.IGNORECASE | re.DOTALL) is not None
        )


_CONNECTING = (Stage.CONNECT, Stage.EHLO)
_SENDER = (Stage.MAIL,)
_RECIPIENT = (Stage.RCPT,)
_CONTENT = (Stage.DATA, Stage.BODY, Stage.FINAL)
_MESSAGE = (*_SENDER, *_RECIPIENT, *_CONTENT)
_BEFORE_THE_DOT = tuple(stage for stage in Stage if stage is not Stage.FINAL)

# The first row that fits is the answer. What is narrower stands above what is wider.
TABLE: tuple[Cause, ...] = (
    # Facteur itself
    Cause(
        name="fenced",
        cause="Un autre traitement s'occupait déjà de cet envoi : rien n'a été envoyé ici.",
        remedy="Rien à faire : le registre garde le résultat de l'autre traitement.",
        who=Who.NOBODY,
        fault=Fault.FENCED,
    ),
    Cause(
        name="unwritten",
        cause="Le document ou le message n'a pas pu être préparé : rien n'a été envoyé.",
        remedy="Corriger la donnée indiquée dans le détail, puis relancer l'envoi.",
        who=Who.CLERK,
        stages=(Stage.COMPOSING,),
    ),
    Cause(
        name="unwritable",
        cause="Le message préparé n'a pas pu être écrit ou relu : rien n'a été envoyé.",
        remedy="Vérifier la place libre sur le disque et le dossier des archives, puis relancer l'envoi.",
        who=Who.OPERATOR,
        stages=_BEFORE_THE_DOT,
        fault=Fault.UNWRITABLE,
    ),
    # After the dot
    Cause(
        name="accepted",
        cause="Le serveur de messagerie a accepté le message.",
        remedy="Rien à faire.",
        who=Who.NOBODY,
        stages=(Stage.FINAL,),
        reply=r"2\d\d ",
    ),
    Cause(
        name="uncertain",
        cause="La connexion s'est perdue juste après l'envoi : le message est peut-être parti, peut-être pas.",
        remedy=(
            "Chercher le message dans les éléments envoyés ou demander au destinataire s'il l'a reçu, "
            "puis régler cet envoi incertain. Facteur ne le renvoie jamais de lui-même."
        ),
        who=Who.CLERK,
        stages=(Stage.FINAL,),
        reply=r"(?![245]\d\d )",
    ),
    # The network
    Cause(
        name="dns",
        cause="Le nom du serveur de messagerie est introuvable.",
        remedy="Vérifier le nom du serveur dans la configuration et l'accès à Internet.",
        who=Who.OPERATOR,
        fault=Fault.DNS,
    ),
    Cause(
        name="connection-refused",
        cause="Le serveur de messagerie refuse la connexion.",
        remedy="Vérifier le nom du serveur, le port et le pare-feu (port 587 en général).",
        who=Who.OPERATOR,
        fault=Fault.REFUSED,
    ),
    Cause(
        name="timeout",
        cause="Le serveur de messagerie n'a pas répondu à temps. Le message n'est pas parti.",
        remedy="Rien à faire : Facteur réessaie plus tard. Si cela dure, vérifier le réseau et le pare-feu.",
        who=Who.NOBODY,
        fault=Fault.TIMEOUT,
    ),
    Cause(
        name="dropped",
        cause="Le serveur de messagerie a coupé la connexion avant la fin. Le message n'est pas parti.",
        remedy="Rien à faire : Facteur réessaie.",
        who=Who.NOBODY,
        fault=Fault.DROPPED,
    ),
    Cause(
        name="garbled",
        cause="Le serveur de messagerie a répondu quelque chose d'incompréhensible. Le message n'est pas parti.",
        remedy="Si cela dure, vérifier que l'adresse et le port sont bien ceux d'un serveur d'envoi (SMTP).",
        who=Who.OPERATOR,
        fault=Fault.GARBLED,
    ),
    # Encryption
    Cause(
        name="certificate-expired",
        cause="Le certificat de sécurité du serveur de messagerie est périmé. Rien n'a été envoyé.",
        remedy="Faire renouveler le certificat du serveur, et vérifier la date de l'ordinateur.",
        who=Who.MAIL_ADMINISTRATOR,
        fault=Fault.TLS,
        reply=r".*certificate has expired",
    ),
    Cause(
        name="certificate-not-yet-valid",
        cause="Le certificat de sécurité du serveur de messagerie n'est pas encore valable. Rien n'a été envoyé.",
        remedy="Vérifier d'abord la date et l'heure de l'ordinateur, puis le certificat du serveur.",
        who=Who.OPERATOR,
        fault=Fault.TLS,
        reply=r".*certificate is not yet valid",
    ),
    Cause(
        name="certificate-wrong-name",
        cause="Le certificat de sécurité est au nom d'un autre serveur. Rien n'a été envoyé.",
        remedy="Écrire dans la configuration le nom exact du serveur, celui que donne le fournisseur de messagerie.",
        who=Who.OPERATOR,
        fault=Fault.TLS,
        reply=r".*((hostname|ip address) mismatch|certificate is not valid for)",
    ),
    Cause(
        name="certificate-self-signed",
        cause="Le serveur a fait lui-même son certificat de sécurité : rien ne prouve qui il est. Rien n'a été envoyé.",
        remedy=(
            "Si le serveur appartient à l'association, indiquer ce certificat comme fichier d'autorité ; "
            "sinon, ne pas insister et prévenir le fournisseur."
        ),
        who=Who.MAIL_ADMINISTRATOR,
        fault=Fault.TLS,
        reply=r".*self[- ]signed certificate(?! in)",
    ),
    Cause(
        name="certificate-not-trusted",
        cause="Le certificat de sécurité du serveur n'est signé par aucune autorité reconnue. Rien n'a été envoyé.",
        remedy=(
            "Si le serveur appartient à l'association, indiquer le fichier de son autorité de certification ; "
            "sinon, ne pas insister et prévenir le fournisseur."
        ),
        who=Who.MAIL_ADMINISTRATOR,
        fault=Fault.TLS,
        reply=r".*(self[- ]signed|unable to get (local )?issuer|unable to verify|certificate.verify.failed)",
    ),
    Cause(
        name="certificate-file",
        cause="Le fichier de l'autorité de certification indiqué est illisible. Rien n'a été envoyé.",
        remedy="Vérifier le chemin et le contenu de ce fichier (format PEM).",
        who=Who.OPERATOR,
        fault=Fault.TLS,
        reply=r".*certificate authority file",
    ),
    Cause(
        name="tls-too-old",
        cause="Le serveur de messagerie ne propose qu'un chiffrement trop ancien. Rien n'a été envoyé.",
        remedy="Faire mettre à jour le serveur : TLS 1.2 au moins est exigé.",
        who=Who.MAIL_ADMINISTRATOR,
        fault=Fault.TLS,
        reply=r".*(unsupported.protocol|protocol.version|version.too.low|handshake.failure|no.shared.cipher)",
    ),
    Cause(
        name="tls-wrong-port",
        cause="Le serveur ne parle pas le chiffrement attendu sur ce port. Rien n'a été envoyé.",
        remedy="Vérifier le couple port et sécurité : 587 avec STARTTLS, ou 465 avec TLS.",
        who=Who.OPERATOR,
        fault=Fault.TLS,
        reply=r".*(wrong.version.number|http request|record layer failure|unknown.protocol)",
    ),
    Cause(
        name="tls",
        cause="La connexion chiffrée n'a pas pu être établie. Rien n'a été envoyé.",
        remedy="Transmettre le détail à l'administrateur de la messagerie. Facteur n'envoie jamais en clair.",
        who=Who.MAIL_ADMINISTRATOR,
        fault=Fault.TLS,
    ),
    Cause(
        name="no-starttls",
        cause="Le serveur ne propose pas de connexion chiffrée. Rien n'a été envoyé.",
        remedy=(
            "Vérifier le serveur et le port (587 avec STARTTLS, 465 avec TLS). Un antivirus ou un pare-feu peut aussi "
            "retirer le chiffrement. Facteur n'envoie jamais en clair."
        ),
        who=Who.OPERATOR,
        fault=Fault.NO_STARTTLS,
    ),
    Cause(
        name="no-auth",
        cause="Le serveur ne propose pas la méthode de connexion choisie.",
        remedy="Choisir une autre méthode dans la configuration (XOAUTH2 pour Microsoft 365), ou la faire activer.",
        who=Who.OPERATOR,
        fault=Fault.NO_AUTH,
    ),
    # OAuth2, before the relay is spoken to
    Cause(
        name="token-secret-wrong",
        cause="Microsoft Entra refuse le secret client de l'application. Rien n'a été envoyé.",
        remedy=(
            "Ressaisir le secret dans la configuration : la « Valeur » du secret client, et non son « ID de secret »."
        ),
        who=Who.OPERATOR,
        fault=Fault.TOKEN,
        reply=r".*AADSTS7000215\b",
    ),
    Cause(
        name="token-secret-expired",
        cause="Le secret client de l'application est périmé dans Microsoft Entra. Rien n'a été envoyé.",
        remedy="Créer un nouveau secret client dans Microsoft Entra, puis saisir sa valeur dans la configuration.",
        who=Who.MAIL_ADMINISTRATOR,
        fault=Fault.TOKEN,
        reply=r".*AADSTS7000222\b",
    ),
    Cause(
        name="token-tenant-wrong",
        cause="Microsoft Entra ne connaît pas cet annuaire (tenant). Rien n'a été envoyé.",
        remedy="Recopier dans la configuration l'« ID de l'annuaire (locataire) » que montre l'application dans Entra.",
        who=Who.OPERATOR,
        fault=Fault.TOKEN,
        reply=r".*AADSTS9000(2|23)\b",
    ),
    Cause(
        name="token-application-unknown",
        cause="Microsoft Entra ne connaît pas cette application dans cet annuaire, ou elle y est désactivée. "
        "Rien n'a été envoyé.",
        remedy="Recopier l'« ID d'application (client) » dans la configuration ; vérifier qu'elle est activée.",
        who=Who.OPERATOR,
        fault=Fault.TOKEN,
        reply=r".*AADSTS(700016|7000112)\b",
    ),
    Cause(
        name="token-permission-missing",
        cause="L'application n'a pas d'autorisation pour Exchange Online. Rien n'a été envoyé.",
        remedy="Dans Entra, ajouter l'autorisation d'application SMTP.SendAsApp et accorder le consentement.",
        who=Who.MAIL_ADMINISTRATOR,
        fault=Fault.TOKEN,
        reply=r".*AADSTS(65001|650052|500011|501051|1002012)\b",
    ),
    Cause(
        name="token-blocked-by-policy",
        cause="Une règle d'accès conditionnel de Microsoft Entra bloque l'application. Rien n'a été envoyé.",
        remedy="Faire autoriser l'application, ou l'adresse Internet de cette machine, par l'administrateur d'Entra.",
        who=Who.MAIL_ADMINISTRATOR,
        fault=Fault.TOKEN,
        reply=r".*AADSTS5300\d\b",
    ),
    Cause(
        name="token-service-certificate",
        cause="Le service de jetons n'a pas de certificat de sécurité reconnu : le secret ne lui a pas été confié. "
        "Rien n'a été envoyé.",
        remedy=(
            "Vérifier l'adresse du service dans la configuration. Si un équipement du réseau inspecte les connexions, "
            "l'en dispenser pour ce service ou indiquer son fichier d'autorité."
        ),
        who=Who.OPERATOR,
        fault=Fault.TOKEN,
        reply=r".*certificate: ",
    ),
    Cause(
        name="token-refused",
        cause="Le service de jetons refuse l'application. Rien n'a été envoyé.",
        remedy="Vérifier l'annuaire, l'application et le secret ; sinon transmettre le détail à l'administrateur.",
        who=Who.MAIL_ADMINISTRATOR,
        fault=Fault.TOKEN,
    ),
    Cause(
        name="token-service-unreachable",
        cause="Le service de jetons (Microsoft Entra) ne répond pas. Le message n'est pas parti.",
        remedy=(
            "Si cela dure, vérifier que cette machine joint login.microsoftonline.com en direct (port 443), "
            "puis relancer."
        ),
        who=Who.OPERATOR,
        fault=Fault.TOKEN_SERVICE,
    ),
    Cause(
        name="starttls-later",
        cause="Le chiffrement du serveur est momentanément indisponible. Le message n'est pas parti.",
        remedy="Rien à faire : Facteur réessaie plus tard.",
        who=Who.NOBODY,
        stages=(Stage.STARTTLS,),
        reply=r"4\d\d ",
    ),
    Cause(
        name="starttls-refused",
        cause="Le serveur refuse de chiffrer la connexion. Rien n'a été envoyé.",
        remedy="Demander au fournisseur comment se connecter de façon chiffrée. Facteur n'envoie jamais en clair.",
        who=Who.MAIL_ADMINISTRATOR,
        stages=(Stage.STARTTLS,),
    ),
    # The account
    Cause(
        name="basic-authentication-ended",
        cause="Microsoft n'accepte plus la connexion par simple mot de passe.",
        remedy="Passer ce serveur en XOAUTH2 : inscrire Facteur dans Microsoft Entra et saisir ses identifiants.",
        who=Who.MAIL_ADMINISTRATOR,
        reply=r"5\d\d (5\.7\.30 |.*basic authentication is (disabled|not supported))",
    ),
    Cause(
        name="sign-in-blocked",
        cause="Les règles de sécurité de l'organisation Microsoft bloquent la connexion du compte d'envoi.",
        remedy=(
            "Passer ce serveur en XOAUTH2, ou faire vérifier les paramètres de sécurité par défaut et l'accès "
            "conditionnel dans Microsoft Entra."
        ),
        who=Who.MAIL_ADMINISTRATOR,
        reply=r"535 5\.7\.139 .*(security defaults|did not meet the criteria|conditional access)",
    ),
    Cause(
        name="wrong-password-microsoft",
        cause="Microsoft refuse l'identifiant ou le mot de passe du compte d'envoi.",
        remedy="Vérifier l'identifiant et ressaisir le mot de passe, une seule fois ; mieux : passer en XOAUTH2.",
        who=Who.OPERATOR,
        reply=r"535 5\.7\.139 .*credentials were incorrect",
    ),
    Cause(
        name="smtp-auth-disabled",
        cause="L'envoi authentifié (SMTP AUTH) est désactivé pour l'organisation ou pour cette boîte.",
        remedy=(
            "Dans le centre d'administration Microsoft 365, activer « SMTP authentifié » pour cette boîte, "
            "et vérifier les règles de sécurité par défaut."
        ),
        who=Who.MAIL_ADMINISTRATOR,
        reply=r"5\d\d 5\.7\.139 ",
    ),
    Cause(
        name="token-without-permission",
        cause="L'application n'a pas l'autorisation SMTP.SendAsApp, ou le consentement n'a pas été accordé.",
        remedy=(
            "Dans Entra, ajouter l'autorisation d'application SMTP.SendAsApp (Office 365 Exchange Online) et accorder "
            "le consentement de l'administrateur, puis attendre une demi-heure."
        ),
        who=Who.MAIL_ADMINISTRATOR,
        stages=(Stage.AUTH,),
        reply=r"535 .*/ XOAUTH2 \(SMTP\.SendAsApp absent\)",
    ),
    Cause(
        name="mailbox-not-granted",
        cause="Exchange refuse l'application pour cette boîte d'envoi.",
        remedy=(
            "Vérifier le compte, puis dans Exchange l'inscription de l'application (New-ServicePrincipal, avec l'ID "
            "d'objet de l'application d'entreprise) et son droit sur la boîte (Add-MailboxPermission)."
        ),
        who=Who.MAIL_ADMINISTRATOR,
        stages=(Stage.AUTH,),
        reply=r"535 .*/ XOAUTH2",
    ),
    Cause(
        name="wrong-password",
        cause="Le serveur refuse l'identifiant ou le mot de passe du compte d'envoi.",
        remedy=(
            "Vérifier l'identifiant, puis ressaisir le mot de passe ou le secret dans la configuration. "
            "Ne pas multiplier les essais : le compte se bloquerait."
        ),
        who=Who.OPERATOR,
        reply=r"535 ",
    ),
    Cause(
        name="authentication-required",
        cause="Le serveur exige une connexion avec un compte.",
        remedy="Choisir une méthode de connexion et saisir l'identifiant du compte d'envoi dans la configuration.",
        who=Who.OPERATOR,
        reply=r"530 ",
    ),
    Cause(
        name="authentication-later",
        cause="Le serveur ne peut pas vérifier le compte pour le moment.",
        remedy="Rien à faire : Facteur réessaie plus tard.",
        who=Who.NOBODY,
        stages=(Stage.AUTH,),
        reply=r"454 ",
    ),
    Cause(
        name="send-as-denied",
        cause="Le compte d'envoi n'a pas le droit d'écrire au nom de cet expéditeur.",
        remedy="Donner au compte le droit « Envoyer en tant que » (SendAs) sur l'adresse de la structure.",
        who=Who.MAIL_ADMINISTRATOR,
        reply=r"5\d\d ((5\.2\.252|5\.7\.60) |.*SendAsDenied)",
    ),
    Cause(
        name="daily-quota",
        cause="Le compte d'envoi a atteint son nombre maximal de messages par jour.",
        remedy="Reprendre la campagne demain : ce qui reste est en attente. Ajuster le quota dans la configuration.",
        who=Who.CLERK,
        stages=_MESSAGE,
        reply=r"5\d\d ((5\.4\.5|5\.1\.90|5\.7\.23[23]) |.*SubmissionQuota)",
    ),
    Cause(
        name="sender-mailbox-full",
        cause="La boîte du compte d'envoi est pleine : elle garde une copie de chaque message.",
        remedy="Vider les éléments envoyés de cette boîte ou agrandir son quota, puis reprendre la campagne.",
        who=Who.MAIL_ADMINISTRATOR,
        stages=(*_SENDER, *_CONTENT),
        reply=r"5\d\d (5\.2\.2 |.*QuotaExceeded)",
    ),
    Cause(
        name="submission-refused",
        cause="Microsoft refuse ce que le compte d'envoi lui remet.",
        remedy="Transmettre le détail à l'administrateur : droits du compte, quota ou blocage.",
        who=Who.MAIL_ADMINISTRATOR,
        stages=_CONTENT,
        reply=r"5\d\d 5\.2\.0 ",
    ),
    Cause(
        name="sender-blocked",
        cause="L'adresse de l'expéditeur est refusée ou bloquée.",
        remedy="Vérifier l'adresse de la structure, et faire débloquer le compte d'envoi s'il est restreint.",
        who=Who.MAIL_ADMINISTRATOR,
        stages=_MESSAGE,
        reply=r"5\d\d 5\.1\.[78] ",
    ),
    Cause(
        name="authentication-refused",
        cause="Le serveur refuse la connexion du compte d'envoi.",
        remedy="Transmettre le détail à l'administrateur de la messagerie.",
        who=Who.MAIL_ADMINISTRATOR,
        stages=(Stage.AUTH,),
        reply=r"5\d\d ",
    ),
    # The relay's pace
    Cause(
        name="too-many-connections",
        cause="Trop de connexions à la fois sur ce compte (trois au plus chez Microsoft 365).",
        remedy="Facteur ralentit et réessaie. Si cela revient, baisser le nombre de connexions dans la configuration.",
        who=Who.NOBODY,
        reply=r"432 ",
    ),
    Cause(
        name="relay-rate",
        cause="Le serveur trouve que les messages arrivent trop vite, ou se méfie pour le moment.",
        remedy="Facteur ralentit et réessaie. Si cela revient, baisser le rythme d'envoi dans la configuration.",
        who=Who.NOBODY,
        reply=r"4\d\d 4\.7\.0 ",
    ),
    Cause(
        name="relay-busy",
        cause="Le serveur de messagerie est occupé et ferme la connexion.",
        remedy="Rien à faire : Facteur ralentit et réessaie plus tard.",
        who=Who.NOBODY,
        reply=r"421 ",
    ),
    # The recipient
    Cause(
        name="greylisting",
        cause="Le serveur du destinataire demande de revenir plus tard (pratique courante contre les indésirables).",
        remedy="Rien à faire : Facteur réessaie pendant environ 24 heures.",
        who=Who.NOBODY,
        stages=_RECIPIENT,
        reply=r"45[01] ",
    ),
    Cause(
        name="recipient-full-for-now",
        cause="La boîte du destinataire ou le disque du serveur est plein pour le moment.",
        remedy="Rien à faire : Facteur réessaie pendant environ 24 heures.",
        who=Who.NOBODY,
        stages=_RECIPIENT,
        reply=r"452 ",
    ),
    Cause(
        name="unknown-mailbox",
        cause="Cette adresse n'existe pas chez le destinataire.",
        remedy="Vérifier l'adresse auprès de la personne ou du tuteur, la corriger, puis renvoyer ou imprimer.",
        who=Who.CLERK,
        stages=(*_RECIPIENT, *_CONTENT),
        reply=r"5\d\d 5\.1\.(1|10) ",
    ),
    Cause(
        name="bad-address",
        cause="L'adresse du destinataire n'est pas valable (domaine inconnu, adresse mal formée ou déplacée).",
        remedy="Vérifier l'adresse, surtout ce qui suit le @, la corriger, puis renvoyer ou imprimer.",
        who=Who.CLERK,
        stages=(*_RECIPIENT, *_CONTENT),
        reply=r"5\d\d 5\.1\.\d+ ",
    ),
    Cause(
        name="mailbox-disabled",
        cause="La boîte du destinataire est désactivée ou n'accepte plus de messages.",
        remedy="Demander une autre adresse à la personne ou au tuteur, sinon imprimer.",
        who=Who.CLERK,
        stages=(*_RECIPIENT, *_CONTENT),
        reply=r"5\d\d 5\.2\.1 ",
    ),
    Cause(
        name="too-large",
        cause="Le message est trop gros pour le serveur.",
        remedy="Alléger la pièce jointe (images du modèle de facture), ou imprimer ce document.",
        who=Who.CLERK,
        stages=_MESSAGE,
        reply=r"5\d\d (5\.3\.4|5\.2\.3) ",
    ),
    Cause(
        name="recipient-mailbox-full",
        cause="La boîte du destinataire est pleine.",
        remedy="Prévenir la personne ou le tuteur, puis renvoyer plus tard, ou imprimer.",
        who=Who.CLERK,
        stages=_RECIPIENT,
        reply=r"5\d\d 5\.2\.2 |552 - ",
    ),
    Cause(
        name="recipient-refused-by-microsoft",
        cause="Le domaine du destinataire refuse cette adresse : elle n'existe sans doute pas.",
        remedy="Vérifier l'adresse. Si plusieurs envois de suite sont refusés ainsi, prévenir l'administrateur.",
        who=Who.CLERK,
        stages=_RECIPIENT,
        reply=r"5\d\d 5\.4\.1 ",
    ),
    # Policy
    Cause(
        name="not-allowed",
        cause="Le serveur refuse l'envoi : expéditeur non autorisé, ou message jugé suspect.",
        remedy="Transmettre le détail à l'administrateur : droit d'envoi, SPF, DKIM et DMARC du domaine.",
        who=Who.MAIL_ADMINISTRATOR,
        stages=_MESSAGE,
        reply=r"5\d\d 5\.7\.1 ",
    ),
    Cause(
        name="policy",
        cause="Une règle de sécurité du serveur refuse l'envoi.",
        remedy="Transmettre le détail à l'administrateur de la messagerie, puis reprendre la campagne.",
        who=Who.MAIL_ADMINISTRATOR,
        stages=_MESSAGE,
        reply=r"5\d\d 5\.7\.\d+ ",
    ),
    # What is left, by stage
    Cause(
        name="relay-unavailable",
        cause="Le serveur de messagerie n'accueille pas la connexion pour le moment.",
        remedy="Facteur réessaie plus tard. Si cela dure, transmettre le détail à l'administrateur de la messagerie.",
        who=Who.MAIL_ADMINISTRATOR,
        stages=_CONNECTING,
    ),
    Cause(
        name="too-large-552",
        cause="Le message est trop gros pour le serveur.",
        remedy="Alléger la pièce jointe (images du modèle de facture), ou imprimer ce document.",
        who=Who.CLERK,
        stages=(*_SENDER, *_CONTENT),
        reply=r"552 - ",
    ),
    Cause(
        name="sender-refused",
        cause="Le serveur refuse l'adresse de l'expéditeur.",
        remedy="Vérifier l'adresse d'expédition de la structure et les droits du compte d'envoi.",
        who=Who.MAIL_ADMINISTRATOR,
        stages=_SENDER,
        reply=r"5\d\d ",
    ),
    Cause(
        name="recipient-refused",
        cause="Le serveur refuse ce destinataire sans dire clairement pourquoi.",
        remedy="Vérifier l'adresse. Si plusieurs envois de suite sont refusés ainsi, prévenir l'administrateur.",
        who=Who.CLERK,
        stages=_RECIPIENT,
        reply=r"5\d\d ",
    ),
    Cause(
        name="content-refused",
        cause="Le serveur refuse le message lui-même.",
        remedy="Lire le détail et le transmettre à l'administrateur : filtre contre les indésirables, le plus souvent.",
        who=Who.MAIL_ADMINISTRATOR,
        stages=_CONTENT,
        reply=r"5\d\d ",
    ),
    Cause(
        name="mailbox-not-opened",
        cause="Exchange n'a pas pu ouvrir la boîte d'envoi au nom de l'application.",
        remedy=(
            "Facteur réessaie. Si cela revient, vérifier le droit de l'application sur la boîte "
            "(Add-MailboxPermission, FullAccess)."
        ),
        who=Who.MAIL_ADMINISTRATOR,
        stages=_CONTENT,
        reply=r"4\d\d .*mailbox logon failure",
    ),
    Cause(
        name="later",
        cause="Le serveur ne peut pas prendre le message pour le moment.",
        remedy="Rien à faire : Facteur réessaie plus tard.",
        who=Who.NOBODY,
        reply=r"4\d\d ",
    ),
    Cause(
        name="unexpected",
        cause="Le serveur a donné une réponse qu'aucune règle ne prévoit à cette étape. Le message n'est pas parti.",
        remedy="Transmettre le détail à la personne qui exploite Facteur.",
        who=Who.OPERATOR,
    ),
)


def explain(evidence: Evidence) -> Cause:
    """The row that speaks of ``evidence``; the last row fits everything."""
    return next(row for row in TABLE if row.fits(evidence))
