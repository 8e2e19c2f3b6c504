from equilibrium_authors_torch import gradient
from timing import measure

if __name__ == "__main__":
    measure(gradient)
