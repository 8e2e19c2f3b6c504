from frequency_response import hessenberg
from timing import measure

if __name__ == "__main__":
    measure(hessenberg)
