from equilibrium import reparameterised_authors
from timing import measure

if __name__ == "__main__":
    measure(reparameterised_authors)
