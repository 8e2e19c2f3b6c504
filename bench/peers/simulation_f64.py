"""numpy in float64."""

import numpy as np
from simulation import measure

measure(np.float64)
