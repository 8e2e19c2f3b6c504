from equilibrium_authors_torch import linearised
from timing import measure

if __name__ == "__main__":
    measure(linearised)
