"""A laboratory for recurrent networks that compute with fixed points.

``attractorlab.network``, ``attractorlab.dynamics``
    Rate networks; simulation, fixed points, spectra, chaos.
``attractorlab.Network``, ``attractorlab.dissect``
    Any trained network, and all its fixed points.
``attractorlab.bifurcations``, ``attractorlab.continue_fixed_points``
    How fixed points move, vanish and turn unstable along a parameter.
``attractorlab.gaussian``
    Gaussian averages of transfer functions.
``attractorlab.roots``
    All roots of a function of one variable.
``attractorlab.theory``
    Mean-field theory: clamped states, chaos, trained feedback networks.
``attractorlab.weight_change``, ``attractorlab.alignment``
    What training changed; activity aligned with the output or oblique to it.
``attractorlab.feedback_network``
    A given feedback network: training, static map, theory laid over it.
``attractorlab.tasks``, ``attractorlab.bptt``
    Tasks, and networks trained on them by back-propagation through time.
``attractorlab.training``
    Readouts trained to hold values.
``attractorlab.equilibrium``
    Learning rules for recurrent weights on fixed points.
``attractorlab.images``
    Images to be classified.
``attractorlab.studies``
    Figures and claims of papers, put to the test.
``attractorlab.plot``
    Pictures of results (needs matplotlib).
``attractorlab.sweep``
    One of the project's own computations, or a function of yours, over
    parameters and seeds.

Every exception is an ``AttractorLabError``.
"""

from attractorlab import (
    continuation,
    alignment,
    bptt,
    dissection,
    dynamics,
    equilibrium,
    errors,
    feedback_network,
    gaussian,
    images,
    network,
    plot,
    roots,
    studies,
    tasks,
    theory,
    training,
    transfer,
    weight_change,
)
from attractorlab._attractorlab import __version__
from attractorlab.continuation import Bifurcations, bifurcations, continue_fixed_points
from attractorlab.dissection import Dissection, Network, dissect, find_fixed_points
from attractorlab.errors import AttractorLabError
from attractorlab.sweeps import Sweep, sweep
from attractorlab.transfer import Transfer

__all__ = [
    "AttractorLabError",
    "Bifurcations",
    "Dissection",
    "Network",
    "Sweep",
    "Transfer",
    "__version__",
    "bifurcations",
    "continuation",
    "continue_fixed_points",
    "alignment",
    "bptt",
    "dissect",
    "dissection",
    "dynamics",
    "equilibrium",
    "errors",
    "feedback_network",
    "find_fixed_points",
    "gaussian",
    "images",
    "network",
    "plot",
    "roots",
    "studies",
    "sweep",
    "tasks",
    "theory",
    "training",
    "transfer",
    "weight_change",
]
