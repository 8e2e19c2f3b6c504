from equilibrium import gradient_authors
from timing import measure

if __name__ == "__main__":
    measure(gradient_authors)
