from equilibrium import linearised_recursion
from timing import measure

if __name__ == "__main__":
    measure(linearised_recursion)
