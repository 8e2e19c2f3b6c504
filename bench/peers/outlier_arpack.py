"""The same outlier by ARPACK on the full matrix."""

from outlier import MATRIX
from scipy.sparse.linalg import eigs
from timing import measure


def work():
    (value,) = eigs(MATRIX, k=1, return_eigenvectors=False)
    return {"outlier": value.real}


if __name__ == "__main__":
    measure(work)
