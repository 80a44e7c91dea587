"""Where the people are whose times are shown."""

from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
