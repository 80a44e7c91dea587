"""Every outcome of an attempt, and what it means."""

from itertools import product

import pytest

from models.rules.replies import Judgement, Verdict, classify, enhanced_code
from models.values.evidence import Evidence, Fault, Stage

ACCEPTED = Judgement(Verdict.ACCEPTED)
REFUSED = Judgement(Verdict.REFUSED)
SUSPICIOUS = Judgement(Verdict.REFUSED, suspicious=True)
DEFERRED = Judgement(Verdict.DEFERRED)
DEFERRED_SLOWER = Judgement(Verdict.DEFERRED, slows_relay=True)
UNCERTAIN = Judgement(Verdict.UNCERTAIN)
RECONNECT = Judgement(Verdict.RECONNECT)
DELAYED = Judgement(Verdict.RELAY_DELAYED)
DELAYED_SLOWER = Judgement(Verdict.RELAY_DELAYED, slows_relay=True)
STOPPED = Judgement(Verdict.RELAY_STOPPED)
NOT_OURS = Judgement(Verdict.NOT_OURS)
UNWRITTEN = Judgement(Verdict.UNWRITTEN)


def reply(stage: Stage, code: int, enhanced: str = "", text: str = "", reused: bool = False) -> Evidence:
    return Evidence(stage, code=code, enhanced=enhanced, text=text, reused=reused)


def fault(stage: Stage, what: Fault, reused: bool = False) -> Evidence:
    return Evidence(stage, fault=what, reused=reused)


@pytest.mark.parametrize(
    ("evidence", "judgement"),
    [
        # before any message
        pytest.param(fault(Stage.CONNECT, Fault.DNS), DELAYED, id="dns"),
        pytest.param(fault(Stage.CONNECT, Fault.REFUSED), DELAYED, id="case 8: connection refused"),
        pytest.param(fault(Stage.CONNECT, Fault.TIMEOUT), DELAYED, id="connect timeout"),
        pytest.param(reply(Stage.CONNECT, 421), DELAYED_SLOWER, id="case 9: banner 421"),
        pytest.param(reply(Stage.CONNECT, 450), DELAYED, id="banner 4xx"),
        pytest.param(reply(Stage.CONNECT, 554), DELAYED, id="banner 5xx"),
        pytest.param(fault(Stage.CONNECT, Fault.GARBLED), DELAYED, id="banner garbled"),
        pytest.param(reply(Stage.EHLO, 502), DELAYED, id="ehlo refused"),
        pytest.param(fault(Stage.EHLO, Fault.DROPPED), DELAYED, id="dropped at ehlo"),
        pytest.param(fault(Stage.STARTTLS, Fault.NO_STARTTLS), STOPPED, id="case 10: starttls stripped"),
        pytest.param(fault(Stage.STARTTLS, Fault.TLS), STOPPED, id="case 10: bad certificate"),
        pytest.param(fault(Stage.CONNECT, Fault.TLS), STOPPED, id="bad certificate with implicit tls"),
        pytest.param(reply(Stage.STARTTLS, 454), DELAYED, id="starttls later"),
        pytest.param(reply(Stage.STARTTLS, 501), STOPPED, id="starttls refused"),
        pytest.param(fault(Stage.STARTTLS, Fault.DROPPED), DELAYED, id="dropped at starttls"),
        pytest.param(reply(Stage.AUTH, 535, "5.7.8"), STOPPED, id="case 11: wrong password"),
        pytest.param(reply(Stage.AUTH, 535, "5.7.139"), STOPPED, id="smtp auth off"),
        pytest.param(reply(Stage.AUTH, 530), STOPPED, id="auth 530"),
        pytest.param(reply(Stage.AUTH, 550, "5.7.30"), STOPPED, id="basic authentication ended"),
        pytest.param(fault(Stage.AUTH, Fault.NO_AUTH), STOPPED, id="mechanism not offered"),
        pytest.param(reply(Stage.AUTH, 454), DELAYED, id="auth 454"),
        pytest.param(fault(Stage.AUTH, Fault.DROPPED), DELAYED, id="dropped at auth"),
        # the sender
        pytest.param(fault(Stage.MAIL, Fault.DROPPED, reused=True), RECONNECT, id="case 13: dropped at mail, idle"),
        pytest.param(fault(Stage.MAIL, Fault.DROPPED), DELAYED, id="dropped at mail, fresh"),
        pytest.param(fault(Stage.MAIL, Fault.TIMEOUT, reused=True), DELAYED, id="timeout at mail"),
        pytest.param(reply(Stage.MAIL, 451), DELAYED_SLOWER, id="mail 4xx"),
        pytest.param(reply(Stage.MAIL, 421, reused=True), DELAYED_SLOWER, id="mail 421"),
        pytest.param(reply(Stage.MAIL, 432, "4.3.2"), DELAYED_SLOWER, id="mail 432"),
        pytest.param(reply(Stage.MAIL, 550), STOPPED, id="mail 5xx"),
        pytest.param(reply(Stage.MAIL, 530, "5.7.57"), STOPPED, id="mail 530"),
        pytest.param(reply(Stage.MAIL, 552), REFUSED, id="case 23: mail 552"),
        pytest.param(reply(Stage.MAIL, 552, "5.3.4"), REFUSED, id="case 23: size exceeded"),
        pytest.param(reply(Stage.MAIL, 554, "5.3.4"), REFUSED, id="mail 5.3.4 under another code"),
        pytest.param(reply(Stage.MAIL, 552, "5.2.2"), STOPPED, id="sender's mailbox full at mail"),
        # the recipient
        pytest.param(fault(Stage.RCPT, Fault.DROPPED, reused=True), RECONNECT, id="dropped at rcpt, reused"),
        pytest.param(fault(Stage.RCPT, Fault.DROPPED), DEFERRED, id="dropped at rcpt, fresh"),
        pytest.param(fault(Stage.RCPT, Fault.TIMEOUT), DEFERRED, id="case 25: tarpit at rcpt"),
        pytest.param(reply(Stage.RCPT, 450, "4.2.0"), DEFERRED, id="case 14: greylisted"),
        pytest.param(reply(Stage.RCPT, 451, "4.7.1"), DEFERRED, id="rcpt 451"),
        pytest.param(reply(Stage.RCPT, 452, "4.2.2"), DEFERRED, id="rcpt 452"),
        pytest.param(reply(Stage.RCPT, 421), DEFERRED_SLOWER, id="case 16: rcpt 421"),
        pytest.param(reply(Stage.RCPT, 432), DELAYED_SLOWER, id="rcpt 432"),
        pytest.param(reply(Stage.RCPT, 550, "5.1.1"), REFUSED, id="case 15: unknown mailbox"),
        pytest.param(reply(Stage.RCPT, 551, "5.1.6"), REFUSED, id="moved"),
        pytest.param(reply(Stage.RCPT, 553, "5.1.3"), REFUSED, id="bad syntax"),
        pytest.param(reply(Stage.RCPT, 550, "5.1.10"), REFUSED, id="microsoft's unknown recipient"),
        pytest.param(reply(Stage.RCPT, 550, "5.2.1"), REFUSED, id="mailbox disabled"),
        pytest.param(reply(Stage.RCPT, 550, "", "5.1.1 unknown"), REFUSED, id="the enhanced code stands in the text"),
        pytest.param(reply(Stage.RCPT, 554, "5.1.1"), SUSPICIOUS, id="554 with an address code"),
        pytest.param(reply(Stage.RCPT, 550, "5.7.1"), STOPPED, id="policy"),
        pytest.param(reply(Stage.RCPT, 553, "5.7.1"), STOPPED, id="postfix: sender not owned by user"),
        pytest.param(reply(Stage.RCPT, 550, "5.4.5"), STOPPED, id="gmail's quota"),
        pytest.param(reply(Stage.RCPT, 550, "5.1.8"), STOPPED, id="microsoft: bad outbound sender"),
        pytest.param(reply(Stage.RCPT, 550, "5.1.90"), STOPPED, id="microsoft: daily limit"),
        pytest.param(reply(Stage.RCPT, 530), STOPPED, id="rcpt 530"),
        pytest.param(reply(Stage.RCPT, 550), SUSPICIOUS, id="bare 550"),
        pytest.param(reply(Stage.RCPT, 550, "5.4.1"), SUSPICIOUS, id="microsoft's 5.4.1"),
        pytest.param(reply(Stage.RCPT, 552, "5.2.2"), SUSPICIOUS, id="recipient's mailbox full"),
        # the message
        pytest.param(reply(Stage.DATA, 451), DEFERRED, id="case 17: data 451"),
        pytest.param(reply(Stage.DATA, 421), DEFERRED_SLOWER, id="case 17: data 421"),
        pytest.param(reply(Stage.DATA, 250), DEFERRED, id="data answered with 250"),
        pytest.param(reply(Stage.DATA, 554), SUSPICIOUS, id="data 554"),
        pytest.param(reply(Stage.DATA, 550, "5.7.1"), STOPPED, id="data policy"),
        pytest.param(fault(Stage.DATA, Fault.DROPPED, reused=True), DEFERRED, id="dropped at data"),
        pytest.param(fault(Stage.BODY, Fault.DROPPED), DEFERRED, id="case 18: dropped in mid-body"),
        pytest.param(fault(Stage.BODY, Fault.TIMEOUT), DEFERRED, id="case 25: tarpit before the dot"),
        pytest.param(fault(Stage.BODY, Fault.GARBLED), DEFERRED, id="garbage before the dot"),
        pytest.param(reply(Stage.BODY, 452), DEFERRED, id="early 452"),
        pytest.param(reply(Stage.BODY, 552, "5.3.4"), REFUSED, id="early 552"),
        pytest.param(fault(Stage.BODY, Fault.FENCED), NOT_OURS, id="case 27: the fence"),
        # after the dot
        pytest.param(reply(Stage.FINAL, 250, "2.0.0"), ACCEPTED, id="accepted"),
        pytest.param(reply(Stage.FINAL, 251), ACCEPTED, id="another 2xx"),
        pytest.param(reply(Stage.FINAL, 451), DEFERRED, id="case 21: 451 after the dot"),
        pytest.param(reply(Stage.FINAL, 421), DEFERRED_SLOWER, id="421 after the dot"),
        pytest.param(reply(Stage.FINAL, 432, "4.3.2"), DELAYED_SLOWER, id="case 21: 432 after the dot"),
        pytest.param(reply(Stage.FINAL, 430, "4.2.0"), DELAYED, id="exchange: no logon to the sender's mailbox"),
        pytest.param(reply(Stage.FINAL, 554, "5.2.252"), STOPPED, id="case 22: send as denied"),
        pytest.param(reply(Stage.FINAL, 554, "5.2.0"), STOPPED, id="case 22: quota"),
        pytest.param(reply(Stage.FINAL, 554, "", "x SendAsDeniedException"), STOPPED, id="send as denied, in words"),
        pytest.param(reply(Stage.FINAL, 554, "5.2.2"), STOPPED, id="sender's mailbox full"),
        pytest.param(reply(Stage.FINAL, 550, "5.7.60"), STOPPED, id="policy after the dot"),
        pytest.param(reply(Stage.FINAL, 550, "5.4.5"), STOPPED, id="gmail's quota after the dot"),
        pytest.param(reply(Stage.FINAL, 552), REFUSED, id="case 23: 552 after the dot"),
        pytest.param(reply(Stage.FINAL, 550, "5.1.1"), REFUSED, id="unknown mailbox after the dot"),
        pytest.param(reply(Stage.FINAL, 554, "5.6.0"), SUSPICIOUS, id="content refused"),
        pytest.param(fault(Stage.FINAL, Fault.DROPPED), UNCERTAIN, id="case 19: dropped after the dot"),
        pytest.param(fault(Stage.FINAL, Fault.DROPPED, reused=True), UNCERTAIN, id="case 19: the same, reused"),
        pytest.param(fault(Stage.FINAL, Fault.GARBLED), UNCERTAIN, id="case 20: garbage after the dot"),
        pytest.param(fault(Stage.FINAL, Fault.TIMEOUT), UNCERTAIN, id="case 25: tarpit after the dot"),
        pytest.param(reply(Stage.FINAL, 354), UNCERTAIN, id="neither yes nor no after the dot"),
        pytest.param(fault(Stage.COMPOSING, Fault.UNWRITABLE), UNWRITTEN, id="composing failed"),
    ],
)
def test_each_outcome_has_its_verdict(evidence: Evidence, judgement: Judgement) -> None:
    """The whole table, one line a case."""
    assert classify(evidence) == judgement


CODES = [None, -1, 0, 211, 250, 334, 354, *range(420, 460), *range(500, 556), 999]
ENHANCED = ["", "2.0.0", "4.3.2", "4.7.0", "5.1.1", "5.1.8", "5.2.0", "5.2.2", "5.2.252", "5.3.4", "5.4.5", "5.7.1"]


def test_only_a_2xx_after_the_dot_is_acceptance_and_only_after_the_dot_is_anything_uncertain() -> None:
    """Classify is total; no other stage, code, enhanced code or fault yields "accepted" or "uncertain"."""
    for stage, code, enhanced, what, reused in product(Stage, CODES, ENHANCED, [None, *Fault], [False, True]):
        verdict = classify(Evidence(stage, code=code, enhanced=enhanced, fault=what, reused=reused)).verdict
        after_the_dot = stage is Stage.FINAL and what is not Fault.FENCED
        is_yes = after_the_dot and what is None and code is not None and 200 <= code < 300
        is_no = after_the_dot and what is None and code is not None and 400 <= code < 600
        assert (verdict is Verdict.ACCEPTED) == is_yes
        assert (verdict is Verdict.UNCERTAIN) == (after_the_dot and not is_yes and not is_no)


def test_one_reconnection_is_asked_for_only_when_an_idle_connection_was_gone() -> None:
    """A fresh connection never yields "reconnect", so there is no loop."""
    for stage, code, what, reused in product(Stage, CODES, [None, *Fault], [False, True]):
        if classify(Evidence(stage, code=code, fault=what, reused=reused)).verdict is Verdict.RECONNECT:
            assert reused
            assert what is Fault.DROPPED
            assert stage in (Stage.MAIL, Stage.RCPT)


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        pytest.param(550, "5.1.1 No such user", "5.1.1", id="at the start"),
        pytest.param(554, "5.2.252 SendAsDenied; a@b.fr", "5.2.252", id="three digits"),
        pytest.param(550, "#5.1.0 Address rejected", "5.1.0", id="behind a hash"),
        pytest.param(550, "<a@b.fr>: user unknown (5.1.1)", "5.1.1", id="further on"),
        pytest.param(550, "Sorry, 5.1.1.", "5.1.1", id="at the end of a sentence"),
        pytest.param(550, "rejected by 5.1.2.3", "", id="an IP address"),
        pytest.param(450, "5.1.1 odd", "", id="of another class"),
        pytest.param(450, "server 5.1.1 says 4.2.0 later", "4.2.0", id="the one of its own class"),
        pytest.param(550, "no", "", id="none"),
        pytest.param(550, "5.1.2345 no", "", id="too long"),
    ],
)
def test_the_enhanced_code_is_found_where_it_is_and_not_where_it_is_not(code: int, text: str, enhanced: str) -> None:
    """RFC 2034 puts the code first; many servers do not."""
    assert enhanced_code(code, text) == enhanced
