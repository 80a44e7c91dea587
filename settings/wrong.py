"""What is told about a setting that cannot be used."""


class WrongSettingError(Exception):
    """A setting has a value that is not allowed. The message is one French sentence that names the variable."""
