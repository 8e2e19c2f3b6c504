from equilibrium import reparameterised
from timing import measure

if __name__ == "__main__":
    measure(reparameterised)
