"""A laboratory for recurrent networks that compute with fixed points.

``attractorlab.studies`` lists and runs the studies: figures and claims of
papers, put to the test. ``attractorlab.sweep`` runs one of the project's own
computations, or a function of yours, over parameters and seeds. Every exception is an ``AttractorLabError``.
"""

from attractorlab import errors, studies
from attractorlab._attractorlab import __version__
from attractorlab.errors import AttractorLabError
from attractorlab.sweeps import Sweep, sweep

__all__ = ["AttractorLabError", "Sweep", "__version__", "errors", "studies", "sweep"]
