from rls_reservoirpy import learn
from timing import once

if __name__ == "__main__":
    once(lambda: learn(1000, 200))
