from rls import Symmetric, learn
from timing import measure

if __name__ == "__main__":
    measure(lambda: learn(500, 2000, Symmetric))
