"""The exceptions. Each is also the built-in exception that Python users would expect."""

__all__ = [
    "AttractorLabError",
    "AverageDoesNotExistError",
    "InputError",
    "OutputError",
    "UnknownStudyError",
    "UnrealisableTargetError",
]


class AttractorLabError(Exception):
    """Whatever attractorlab raises."""


class InputError(AttractorLabError, ValueError):
    """An argument is not what it should be; the message says what was expected."""


class AverageDoesNotExistError(InputError):
    """A Gaussian average has no value, like that of the squared second derivative of relu."""


class UnrealisableTargetError(InputError):
    """No readout along this direction can hold this target; the message says which target it is."""


class OutputError(AttractorLabError, OSError):
    """A folder or file cannot be written."""


class UnknownStudyError(AttractorLabError, LookupError):
    """No study has this id; the message names the nearest one."""
