from frequency_response import modes
from timing import measure

if __name__ == "__main__":
    measure(modes)
