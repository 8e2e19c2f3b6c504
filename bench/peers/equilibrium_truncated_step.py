from equilibrium import truncated_step
from timing import measure

if __name__ == "__main__":
    measure(truncated_step)
