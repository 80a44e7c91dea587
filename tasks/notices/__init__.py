"""Mails that go to the people who run Facteur: never to a resident, a guardian or a client."""

from tasks.notices.operator import Notice, Reason, notify
from tasks.notices.structures import mail_report

__all__ = ["Notice", "Reason", "mail_report", "notify"]
