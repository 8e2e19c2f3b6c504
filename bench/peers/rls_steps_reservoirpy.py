from rls_reservoirpy import learn
from timing import measure

if __name__ == "__main__":
    measure(lambda: learn(1000, 200))
