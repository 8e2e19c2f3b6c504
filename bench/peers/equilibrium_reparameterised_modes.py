from equilibrium import reparameterised_modes
from timing import measure

if __name__ == "__main__":
    measure(reparameterised_modes)
