from frequency_response import krylov
from timing import measure

if __name__ == "__main__":
    measure(krylov)
