from rls import measure
from rls_reservoirpy import learn

if __name__ == "__main__":
    measure(lambda: learn(500, 2000))
