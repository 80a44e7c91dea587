"""What the scripted server is told to do wrong, and when."""

import json
import os
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any


class Moment(StrEnum):
    """Where a rule acts: ``body`` while the message is read, ``final`` after its dot, ``idle`` once it is answered."""

    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    FINAL = "final"
    IDLE = "idle"
    RSET = "rset"
    QUIT = "quit"


class How(StrEnum):
    """What the server does instead of its usual answer."""

    REPLY = "reply"  # say ``reply`` (the usual answer if it is empty); 421 also closes
    DROP = "drop"  # close without a word
    RESET = "reset"  # the same, with a TCP reset
    HANG = "hang"  # say nothing until the client goes away
    STALL = "stall"  # the same to the end, and read nothing: what the client writes soon finds no room
    DRIP = "drip"  # say ``reply``, a byte every ``seconds``
    CUT = "cut"  # say ``reply`` without its line end, then close
    RAW = "raw"  # write ``reply`` exactly as it is, and go on


@dataclass(frozen=True, slots=True)
class Rule:
    """One deviation. The first rule that fits and is not used up acts.

    ``reply`` may have several lines, each with its code. ``sender`` and ``recipient`` are shell patterns. The first
    ``skip`` occasions pass, the next ``times`` are served (0: all that follow); with ``each`` they are counted for
    each recipient. ``at``: a rule for the body acts after so many bytes. ``seconds`` pass before the rule acts (a
    drip: before each byte). ``stored``: whether a copy of the message is kept when this rule answers after the dot;
    by default as a complete reply says.
    """

    moment: Moment
    reply: str = ""
    how: How = How.REPLY
    sender: str = "*"
    recipient: str = "*"
    times: int = 0
    skip: int = 0
    each: bool = False
    at: int = 0
    seconds: float = 0.0
    stored: bool | None = None

    def keeps_the_message(self) -> bool:
        if self.stored is not None:
            return self.stored
        return self.how is How.REPLY and self.reply[:1] in ("", "2")

    def fits(self, moment: Moment, sender: str, recipient: str) -> bool:
        return moment is self.moment and fnmatchcase(sender, self.sender) and fnmatchcase(recipient, self.recipient)


@dataclass(frozen=True, slots=True)
class Chaos:
    """Faults at random: each answer that no rule is about is one of ``faults`` with this probability.

    What is drawn depends on the seed, the moment, the recipient and how often both have met, and on no clock, so that
    the same seed gives the same weather whatever the order of the connections.
    """

    seed: str
    probability: float
    faults: tuple[Rule, ...]

    def draw(self, moment: Moment, recipient: str, occasion: int) -> Rule | None:
        chance = Random(f"{self.seed}/{moment}/{recipient}/{occasion}")
        usable = [rule for rule in self.faults if rule.moment is moment]
        if not usable or chance.random() >= self.probability:
            return None
        return chance.choice(usable)


@dataclass(frozen=True, slots=True)
class Script:
    """The rules in force; ``hide`` names EHLO keywords that are not offered, ``size`` is the SIZE that is."""

    rules: tuple[Rule, ...] = ()
    hide: tuple[str, ...] = ()
    size: int | str = 36_700_160
    chaos: Chaos | None = None

    def write(self, path: Path) -> None:
        """Put this script in force: the server reads the file again at its next answer."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")
        os.replace(new, path)

    @classmethod
    def read(cls, path: Path) -> "Script":
        known = json.loads(path.read_text(encoding="utf-8"))
        chaos = known.get("chaos")
        return cls(
            _rules(known.get("rules", [])),
            tuple(known.get("hide", ())),
            known.get("size", cls().size),
            Chaos(chaos["seed"], chaos["probability"], _rules(chaos["faults"])) if chaos else None,
        )


def _rules(known: list[dict[str, Any]]) -> tuple[Rule, ...]:
    return tuple(
        Rule(**{**rule, "moment": Moment(rule["moment"]), "how": How(rule.get("how", How.REPLY))}) for rule in known
    )


@dataclass(slots=True)
class Performance:
    """A script file under way: which version of it is in force, and how often each of its rules was met."""

    path: Path
    script: Script = field(default_factory=Script)
    _version: tuple[int, int] = (0, 0)
    _met: dict[tuple[int, str], int] = field(default_factory=dict)
    _drawn: dict[tuple[Moment, str], int] = field(default_factory=dict)

    def current(self) -> Script:
        """The script as the file has it now; a changed file starts all counts anew."""
        status = self.path.stat()
        version = (status.st_ino, status.st_mtime_ns)
        if version != self._version:
            self.script, self._version = Script.read(self.path), version
            self._met.clear()
            self._drawn.clear()
        return self.script

    def cue(self, moment: Moment, sender: str, recipient: str) -> Rule | None:
        """The rule that acts now, if any; it counts as met."""
        for number, rule in enumerate(self.current().rules):
            if not rule.fits(moment, sender, recipient):
                continue
            key = (number, recipient if rule.each else "")
            met = self._met[key] = self._met.get(key, 0) + 1
            if met > rule.skip and (not rule.times or met <= rule.skip + rule.times):
                return rule
        if self.script.chaos is None:
            return None
        occasion = self._drawn[moment, recipient] = self._drawn.get((moment, recipient), 0) + 1
        return self.script.chaos.draw(moment, recipient, occasion)
