"""A scripted SMTP server in its own process: real sockets, named faults, a record that survives a kill."""

from tests.smtp_server.process import ScriptedServer
from tests.smtp_server.record import StoredMessage
from tests.smtp_server.script import How, Moment, Rule

__all__ = ["How", "Moment", "Rule", "ScriptedServer", "StoredMessage"]
