"""The exceptions. Each is also the built-in exception that Python users would expect."""

__all__ = ["AttractorLabError", "InputError", "OutputError", "UnknownStudyError"]


class AttractorLabError(Exception):
    """Whatever attractorlab raises."""


class InputError(AttractorLabError, ValueError):
    """An argument is not what it should be; the message says what was expected."""


class OutputError(AttractorLabError, OSError):
    """A folder or file cannot be written."""


class UnknownStudyError(AttractorLabError, LookupError):
    """No study has this id; the message names the nearest one."""
