"""A laboratory for recurrent networks that compute with fixed points.

``attractorlab.studies`` lists and runs the studies: figures and claims of
papers, put to the test. Every exception is an ``AttractorLabError``.
"""

from attractorlab import errors, studies
from attractorlab._attractorlab import __version__
from attractorlab.errors import AttractorLabError

__all__ = ["AttractorLabError", "__version__", "errors", "studies"]
