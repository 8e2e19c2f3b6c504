from equilibrium import linearised_step
from timing import measure

if __name__ == "__main__":
    measure(linearised_step)
