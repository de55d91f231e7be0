"""The two ways in which an export fails on purpose."""


class UsageError(Exception):
    """What the user gave is wrong; the text is one line and says what to do. Exit code 2."""


class ExportError(Exception):
    """The model cannot be exported, or what came out differs from it; nothing is written. Exit code 1."""
