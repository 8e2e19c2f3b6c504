from equilibrium import linearised_authors
from timing import measure

if __name__ == "__main__":
    measure(linearised_authors)
