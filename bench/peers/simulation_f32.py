"""numpy in float32."""

import numpy as np
from simulation import measure

measure(np.float32)
