from equilibrium import gradient_step
from timing import measure

if __name__ == "__main__":
    measure(gradient_step)
