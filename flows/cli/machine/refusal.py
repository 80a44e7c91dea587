"""Why a command stops."""


class CannotGoOnError(Exception):
    """The surroundings do not allow the command. The message is one French line that says what to do."""
