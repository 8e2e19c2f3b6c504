"""Pictures of results, in the visual language of the reports. Needs matplotlib (``pip install attractorlab[plot]``).

Every function takes a result (or plain arrays), draws on ``ax`` (a new figure if None) and
returns the Axes. Theory is a line, simulation a dot with an error bar; stable is solid and
black, unstable dashed and red, chaotic dotted.
"""

from attractorlab.plot.curves import (
    comparison,
    learning_curve,
    psychometric,
    singular_values,
    trial,
    truncation,
)
from attractorlab.plot.geometry import flow_field, loadings
from attractorlab.plot.states import bifurcations, dissection, phase_diagram, spectrum, stationary_states

__all__ = [
    "bifurcations",
    "comparison",
    "dissection",
    "flow_field",
    "learning_curve",
    "loadings",
    "phase_diagram",
    "psychometric",
    "singular_values",
    "spectrum",
    "stationary_states",
    "trial",
    "truncation",
]
