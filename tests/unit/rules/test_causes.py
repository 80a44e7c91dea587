"""The French error table: each observation has its row, and each row an observation."""

from itertools import product

import pytest

from models.rules.causes import TABLE, Cause, Who, explain
from models.rules.replies import Verdict, classify
from models.values.evidence import Evidence, Fault, Stage


def reply(stage: Stage, code: int, enhanced: str = "", text: str = "") -> Evidence:
    return Evidence(stage, code=code, enhanced=enhanced, text=text)


def fault(stage: Stage, what: Fault, text: str = "") -> Evidence:
    return Evidence(stage, fault=what, text=text)


def tls(text: str) -> Evidence:
    return fault(Stage.STARTTLS, Fault.TLS, text)


def token(text: str) -> Evidence:
    return fault(Stage.AUTH, Fault.TOKEN, text)


VERIFY = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "

CASES = [
    ("fenced", fault(Stage.BODY, Fault.FENCED)),
    ("unwritten", fault(Stage.COMPOSING, Fault.UNWRITABLE)),
    ("unwritable", fault(Stage.CONNECT, Fault.UNWRITABLE)),
    ("accepted", reply(Stage.FINAL, 250, "2.0.0", "OK")),
    ("uncertain", fault(Stage.FINAL, Fault.DROPPED)),
    ("uncertain", fault(Stage.FINAL, Fault.TIMEOUT)),
    ("uncertain", fault(Stage.FINAL, Fault.GARBLED, "250 o")),
    ("uncertain", reply(Stage.FINAL, 354)),
    ("dns", fault(Stage.CONNECT, Fault.DNS)),
    ("connection-refused", fault(Stage.CONNECT, Fault.REFUSED)),
    ("timeout", fault(Stage.CONNECT, Fault.TIMEOUT)),
    ("dropped", fault(Stage.BODY, Fault.DROPPED)),
    ("garbled", fault(Stage.EHLO, Fault.GARBLED)),
    ("certificate-expired", tls(VERIFY + "certificate has expired")),
    ("certificate-not-yet-valid", tls(VERIFY + "certificate is not yet valid")),
    ("certificate-wrong-name", tls(VERIFY + "Hostname mismatch, certificate is not valid for 'smtp.example.org'.")),
    ("certificate-wrong-name", tls(VERIFY + "IP address mismatch, certificate is not valid for '127.0.0.1'.")),
    ("certificate-self-signed", tls(VERIFY + "self-signed certificate")),
    ("certificate-not-trusted", tls(VERIFY + "self signed certificate in certificate chain")),
    ("certificate-not-trusted", tls(VERIFY + "unable to get local issuer certificate")),
    ("certificate-file", tls("certificate authority file /etc/ca.pem: No such file or directory")),
    ("tls-too-old", tls("[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol")),
    ("tls-too-old", tls("[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version")),
    ("tls-wrong-port", tls("[SSL: WRONG_VERSION_NUMBER] wrong version number")),
    ("tls", tls("[SSL] internal error")),
    ("no-starttls", fault(Stage.STARTTLS, Fault.NO_STARTTLS)),
    ("no-auth", fault(Stage.AUTH, Fault.NO_AUTH)),
    ("token-secret-wrong", token("AADSTS7000215: Invalid client secret provided.")),
    ("token-secret-expired", token("AADSTS7000222: The provided client secret keys are expired.")),
    ("token-tenant-wrong", token('{"error_description":"AADSTS90002: Tenant not found."}')),
    ("token-tenant-wrong", token("AADSTS900023: Specified tenant identifier is neither a valid DNS name.")),
    ("token-application-unknown", token("AADSTS700016: Application was not found in the directory.")),
    ("token-application-unknown", token("AADSTS7000112: Application is disabled.")),
    ("token-permission-missing", token("AADSTS501051: Application is not assigned to a role.")),
    ("token-blocked-by-policy", token("AADSTS53003: Access has been blocked by Conditional Access policies.")),
    ("token-service-certificate", token("certificate: CERTIFICATE_VERIFY_FAILED")),
    ("token-refused", token("AADSTS50034: another")),
    ("token-service-unreachable", fault(Stage.AUTH, Fault.TOKEN_SERVICE, "Connection refused")),
    ("starttls-later", reply(Stage.STARTTLS, 454)),
    ("starttls-refused", reply(Stage.STARTTLS, 501)),
    ("basic-authentication-ended", reply(Stage.AUTH, 550, "5.7.30")),
    ("smtp-auth-disabled", reply(Stage.AUTH, 535, "5.7.139")),
    ("basic-authentication-ended", reply(Stage.AUTH, 535, "5.7.139", "basic authentication is disabled.")),
    ("sign-in-blocked", reply(Stage.AUTH, 535, "5.7.139", "user is locked by your security defaults policy.")),
    ("sign-in-blocked", reply(Stage.AUTH, 535, "5.7.139", "the request did not meet the criteria")),
    ("wrong-password-microsoft", reply(Stage.AUTH, 535, "5.7.139", "the user credentials were incorrect.")),
    ("token-without-permission", reply(Stage.AUTH, 535, "5.7.3", "No / XOAUTH2 (SMTP.SendAsApp absent)")),
    ("mailbox-not-granted", reply(Stage.AUTH, 535, "5.7.3", "Authentication unsuccessful / XOAUTH2")),
    ("wrong-password", reply(Stage.AUTH, 535, "5.7.8")),
    ("wrong-password", reply(Stage.AUTH, 535, "5.7.3", "Authentication unsuccessful")),
    ("authentication-required", reply(Stage.MAIL, 530, "5.7.57")),
    ("authentication-later", reply(Stage.AUTH, 454, "4.7.0")),
    ("send-as-denied", reply(Stage.FINAL, 554, "5.2.252", "SendAsDenied; a@b.fr")),
    ("send-as-denied", reply(Stage.FINAL, 554, "5.2.0", "STOREDRV; SendAsDeniedException.MapiException")),
    ("send-as-denied", reply(Stage.FINAL, 550, "5.7.60")),
    ("daily-quota", reply(Stage.FINAL, 554, "5.2.0", "SubmissionQuotaExceededException")),
    ("daily-quota", reply(Stage.RCPT, 550, "5.4.5", "Daily user sending quota exceeded")),
    ("sender-mailbox-full", reply(Stage.FINAL, 554, "5.2.2", "QuotaExceeded")),
    ("submission-refused", reply(Stage.FINAL, 554, "5.2.0", "STOREDRV.Submission")),
    ("sender-blocked", reply(Stage.RCPT, 550, "5.1.8", "Access denied, bad outbound sender")),
    ("authentication-refused", reply(Stage.AUTH, 504)),
    ("too-many-connections", reply(Stage.FINAL, 432, "4.3.2", "Concurrent connections limit exceeded")),
    ("relay-rate", reply(Stage.MAIL, 421, "4.7.0")),
    ("relay-busy", reply(Stage.CONNECT, 421)),
    ("greylisting", reply(Stage.RCPT, 450, "4.2.0")),
    ("greylisting", reply(Stage.RCPT, 451, "4.7.1")),
    ("recipient-full-for-now", reply(Stage.RCPT, 452, "4.2.2")),
    ("unknown-mailbox", reply(Stage.RCPT, 550, "5.1.1")),
    ("unknown-mailbox", reply(Stage.RCPT, 550, "", "<a@b.fr>: 5.1.1 unknown")),
    ("bad-address", reply(Stage.RCPT, 553, "5.1.2")),
    ("mailbox-disabled", reply(Stage.RCPT, 550, "5.2.1")),
    ("too-large", reply(Stage.MAIL, 552, "5.3.4")),
    ("recipient-mailbox-full", reply(Stage.RCPT, 552, "5.2.2")),
    ("recipient-mailbox-full", reply(Stage.RCPT, 552)),
    ("recipient-refused-by-microsoft", reply(Stage.RCPT, 550, "5.4.1")),
    ("not-allowed", reply(Stage.RCPT, 550, "5.7.1")),
    ("policy", reply(Stage.FINAL, 550, "5.7.26")),
    ("relay-unavailable", reply(Stage.CONNECT, 554)),
    ("relay-unavailable", reply(Stage.EHLO, 502)),
    ("too-large-552", reply(Stage.FINAL, 552)),
    ("sender-refused", reply(Stage.MAIL, 550)),
    ("recipient-refused", reply(Stage.RCPT, 550)),
    ("content-refused", reply(Stage.FINAL, 554, "5.6.0")),
    ("mailbox-not-opened", reply(Stage.FINAL, 430, "4.2.0", "STOREDRV; mailbox logon failure; Cannot open mailbox")),
    ("later", reply(Stage.FINAL, 451)),
    ("unexpected", reply(Stage.DATA, 250)),
]


@pytest.mark.parametrize(
    ("name", "evidence"), [pytest.param(*case, id=f"{case[0]}: {case[1].stage} {case[1]}") for case in CASES]
)
def test_each_observation_has_its_row(name: str, evidence: Evidence) -> None:
    """The code, the enhanced code, the fault and the server's words lead to the row that speaks of them."""
    assert explain(evidence).name == name


def test_each_row_is_reached_and_has_its_own_name() -> None:
    """A row that a wider one hides would never be read."""
    names = [row.name for row in TABLE]
    assert len(set(names)) == len(names)
    assert {name for name, _ in CASES} == set(names)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_row_is_made_of_whole_sentences(row: Cause) -> None:
    """What is seen and what to do are sentences: a capital, a full stop."""
    for sentence in (row.cause, row.remedy):
        assert sentence[0].isupper()
        assert sentence.endswith(".")


CODES = [250, 334, 354, 421, 432, 450, 451, 452, 454, 455, 500, 504, 530, 535, 550, 551, 552, 553, 554, 555]
ENHANCED = ["", "4.3.2", "4.7.0", "5.1.1", "5.1.8", "5.2.0", "5.2.1", "5.2.2", "5.2.252", "5.3.4", "5.4.1", "5.4.5"]
ENHANCED += ["5.7.1", "5.7.30", "5.7.139", "5.1.90", "5.1.3", "5.6.0", "5.2.3"]
TEXTS = ["", "SendAsDeniedException", "SubmissionQuotaExceeded", "QuotaExceeded"]
WORLD = [Evidence(s, code=c, enhanced=e, text=t) for s, c, e, t in product(Stage, CODES, ENHANCED, TEXTS)]
WORLD += [Evidence(s, fault=f, reused=r) for s, f, r in product(Stage, Fault, [False, True])]

ACTED_ON_BY_FACTEUR = {Verdict.DEFERRED, Verdict.RELAY_DELAYED, Verdict.RECONNECT, Verdict.NOT_OURS, Verdict.ACCEPTED}


def test_nobody_is_told_to_do_nothing_when_facteur_does_nothing_either() -> None:
    """Where a row leaves it to Facteur, the verdict is one that Facteur acts on; and "accepted" means accepted."""
    for evidence in WORLD:
        row, verdict = explain(evidence), classify(evidence).verdict
        assert row.who is not Who.NOBODY or verdict in ACTED_ON_BY_FACTEUR, (evidence, row.name, verdict)
        assert (row.name == "accepted") == (verdict is Verdict.ACCEPTED), evidence
        assert (row.name == "uncertain") == (verdict is Verdict.UNCERTAIN), evidence
        assert (row.name in ("unwritten", "unwritable")) == (verdict is Verdict.UNWRITTEN), evidence


ROWS_OF_THE_ADDRESS = {"unknown-mailbox", "bad-address", "mailbox-disabled", "recipient-mailbox-full"}


def test_a_clerk_is_never_sent_after_an_address_when_the_relay_is_at_fault() -> None:
    """A stopped relay is never explained by the address, nor a refused address by the sender's account."""
    account = {"send-as-denied", "daily-quota", "sender-mailbox-full", "sender-blocked", "submission-refused", "policy"}
    for evidence in WORLD:
        row, verdict = explain(evidence), classify(evidence).verdict
        assert not (verdict is Verdict.RELAY_STOPPED and row.name in ROWS_OF_THE_ADDRESS), (evidence, row.name)
        assert not (verdict is Verdict.REFUSED and row.name in account), (evidence, row.name)
