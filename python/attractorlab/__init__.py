"""A laboratory for recurrent networks that compute with fixed points.

``attractorlab.gaussian``
    Gaussian averages of transfer functions.
``attractorlab.roots``
    All roots of a function of one variable.
``attractorlab.theory``
    Mean-field theory: clamped states, trained feedback networks.
``attractorlab.studies``
    Figures and claims of papers, put to the test.

Every exception is an ``AttractorLabError``.
"""

from attractorlab import errors, gaussian, roots, studies, theory, transfer
from attractorlab._attractorlab import __version__
from attractorlab.errors import AttractorLabError
from attractorlab.transfer import Transfer

__all__ = [
    "AttractorLabError",
    "Transfer",
    "__version__",
    "errors",
    "gaussian",
    "roots",
    "studies",
    "theory",
    "transfer",
]
