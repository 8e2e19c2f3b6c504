"""Learning on fixed points in numpy: the rules as written, in their best forms, and by the authors' operations."""

import functools

import numpy as np


def entries(rows, columns, sd, phase):
    i, j = np.arange(rows, dtype=np.float64)[:, None], np.arange(columns, dtype=np.float64)
    return sd * np.sqrt(2.0) * np.sin(phase + 12.9898 * i + 78.233 * j + 0.37 * i * j)


# Both sides make their matrices once, before the runs that count.
@functools.cache
def linear():
    n, m = 200, 100
    x = entries(n, m, 0.1, 1.0)
    teacher = np.eye(n) - entries(n, n, 0.5 / np.sqrt(n), 2.0)
    y = np.linalg.inv(teacher) @ x + entries(n, m, 0.01, 3.0)
    return x, y, entries(n, n, 0.75 / np.sqrt(n), 4.0)


def loss(w, x, y):
    return ((np.linalg.solve(np.eye(len(w)) - w, x) - y) ** 2).sum() / x.shape[1]


def gradient():
    """The best form: one factorisation for rates and adjoint states."""
    # Not everybody who runs other parts of this file has scipy.
    from scipy.linalg import lu_factor, lu_solve

    (x, y, w), m = linear(), 100
    b = np.eye(len(w)) - w
    for _ in range(100):
        lu = lu_factor(b, check_finite=False)
        r = lu_solve(lu, x, check_finite=False)
        u = lu_solve(lu, r - y, trans=1, overwrite_b=True, check_finite=False)
        b += 0.3 * 2 / m * u @ r.T
    w = np.eye(len(w)) - b
    return {"loss": loss(w, x, y)}


# Steps of a learning curve with rules 2 and 3.
STEPS = 1000


def course(losses):
    """What both sides compare: the last loss, and the mean of the logarithms of all."""
    return {"loss": losses[-1], "mean log10 loss": float(np.mean(np.log10(losses)))}


def reparameterised():
    """The rule stepped without inverses: A = (1 - W)^-1 alone."""
    (x, y, w), m, losses = linear(), 100, []
    a = np.linalg.inv(np.eye(len(w)) - w)
    error = a @ x - y
    for _ in range(STEPS):
        a -= 2 / m * error @ x.T
        error = a @ x - y
        losses.append((error**2).sum() / m)
    return course(losses)


def reparameterised_modes():
    """The best form: the error decays by itself along each eigenvector of X^T X."""
    (x, y, w), m = linear(), 100
    error = np.linalg.solve(np.eye(len(w)) - w, x) - y
    values, modes = np.linalg.eigh(x.T @ x)
    weights, decay = ((error @ modes) ** 2).sum(axis=0) / m, (1 - 2 / m * values) ** 2
    # Step 25 i + j: fewer powers, and a product.
    fine, coarse = decay ** np.arange(1, 26)[:, None], decay ** np.arange(0, STEPS, 25)[:, None]
    return course((weights * coarse @ fine.T).ravel())


def linearised():
    """The rule in as few products as it takes; the loss at every fifth step."""
    (x, y, w), m, losses = linear(), 100, []
    b = np.eye(len(w)) - w
    for k in range(STEPS):
        b += 2 / m * (x - b @ y) @ (x.T @ b)
        if k % 5 == 4:
            losses.append(((np.linalg.solve(b, x) - y) ** 2).sum() / m)
    return course(losses)


def linearised_recursion():
    """The best form: T = 2/m X^T (X - B Y) has a recursion of its own, T (T + 1 - K), K = 2/m X^T X."""
    from scipy.linalg import lapack

    (x, y, w), m, losses = linear(), 100, []
    b = np.eye(len(w)) - w
    values, modes = np.linalg.eigh(x.T @ x)
    k, x = 2 / m * values, x @ modes
    c = x - b @ (y @ modes)
    t = 2 / m * x.T @ c
    # All errors are Q T (1 - K^-1 T)^-1 with the same Q, whose R of QR gives the same norm.
    error = np.linalg.solve(b, c)
    q = np.linalg.solve(t.T, (error - error @ (t / k[:, None])).T).T
    r = np.linalg.qr(q, mode="r")
    # Kept transposed, because columns of T vanish, the last ones first, and are left out.
    t, r, decay, one = t.T.copy(), r.T.copy(), np.diag(1 - k), np.eye(m)
    for step in range(STEPS):
        n = len(t)
        t = (t[:, :n] + decay[:n, :n]) @ t
        if step % 5 == 4:
            while np.abs(t[-1]).max() < 1e-17 * np.abs(t[0]).max():
                t = t[:-1]
            if t.shape[1] > len(t) + 3:
                # Steps leave the rest of T a fixed multiple of as many of its rows as it has columns.
                n = len(t)
                scaled = t / np.abs(t).max(axis=1, keepdims=True)
                rest = np.linalg.solve(scaled[:, :n], scaled[:, n:])
                r = np.linalg.qr((r[:n] + rest @ r[n:]).T, mode="r").T.copy()
                t = t[:, :n].copy()
            n = len(t)
            lu, pivots, _ = lapack.dgetrf((one[:n, :n] - t[:, :n] / k[:n]).T, overwrite_a=1)
            inverse, _ = lapack.dgetri(lu, pivots, lwork=64 * n, overwrite_lu=1)
            error = inverse.T @ (t @ r)
            losses.append(np.vdot(error, error) / m)
    return course(losses)


def gradient_authors():
    """The authors' loop: a step, and the loss after it from an inverse of its own."""
    x, y, w = linear()
    one, m = np.eye(len(w)), x.shape[1]
    for _ in range(100):
        a = np.linalg.inv(one - w)
        r = a @ x
        w = w - 0.3 * (2 / m) * a.T @ (r - y) @ r.T
        a = np.linalg.inv(np.linalg.inv(one) - w)
        value = ((a @ x - y) ** 2).sum() / m
    return {"loss": value}


def reparameterised_authors():
    # Their notebook evaluates the residual after the step in A; here it is the plain rule, by as many operations.
    (x, y, w), m, losses = linear(), 100, []
    one = np.eye(len(w))
    a = np.linalg.inv(one - w)
    for _ in range(STEPS):
        stepped = np.linalg.inv(one - w) - (2 / m) * (a @ x - y) @ x.T
        w = w + (one - w - np.linalg.inv(stepped))
        a = np.linalg.inv(one - w)
        losses.append(((a @ x - y) ** 2).sum() / m)
    return course(losses)


def linearised_authors():
    (x, y, w), m, losses = linear(), 100, []
    one = np.eye(len(w))
    for _ in range(STEPS):
        w = w - (2 / m) * (x - (one - w) @ y) @ x.T @ (one - w)
        a = np.linalg.inv(np.linalg.inv(one) - w)
        losses.append(((a @ x - y) ** 2).sum() / m)
    return course(losses[4::5])


@functools.cache
def images():
    n, m = 300, 512
    f = np.float32
    w = entries(n, n, 0.5 / np.sqrt(n), 1.0).astype(f)
    return w, entries(n, m, 0.3, 2.0).astype(f), entries(n, m, 0.3, 3.0).astype(f)


def truncated_step():
    """As the authors: Euler steps from zero, samples in rows, then the update sample by sample."""
    w, x, y = images()
    n, m = x.shape
    x, wt = np.ascontiguousarray(x.T), np.ascontiguousarray(w.T)
    r, dt = np.zeros_like(x), np.float32(0.01)
    for _ in range(500):
        r = r + dt * (-r + np.tanh(r @ wt + x))
    # The authors take 1 - r², which is another gain where r is not yet at rest.
    g, delta = 1 - np.tanh(r @ wt + x) ** 2, 2 * (r - y.T)
    one, dw = np.eye(n, dtype=np.float32), np.zeros_like(w)
    for i in range(m):
        left = g[i] * (one - g[i] * w)
        right = one - w * g[i][:, None]
        dw += np.outer(left @ delta[i], right.T @ right @ r[i]) / m
    return {"norm of the update": np.linalg.norm(dw)}


def states():
    (w, x, y), m = images(), 512
    r, new, apart = np.zeros_like(x), np.empty_like(x), np.empty_like(x)
    while True:
        np.matmul(w, r, out=new)
        new += x
        np.tanh(new, out=new)
        np.subtract(new, r, out=apart)
        if np.abs(apart, out=apart).max() <= 1e-5:
            break
        r, new = new, r
    return w, r, 1 - r * r, 2 * (r - y), m


def linearised_step():
    w, r, g, delta, m = states()
    left = g * delta
    left = left - w @ (g * left)
    part = r - g * (w @ r)
    right = part - w.T @ (g * part)
    return {"norm of the update": np.linalg.norm(left @ right.T / m)}


def gradient_step():
    w, r, g, delta, m = states()
    u, tolerance = g * delta, 1e-5 * np.abs(delta).max()
    new, apart = np.empty_like(u), np.empty_like(u)
    while True:
        np.matmul(w.T, u, out=new)
        new += delta
        new *= g
        np.subtract(new, u, out=apart)
        if np.abs(apart, out=apart).max() <= tolerance:
            break
        u, new = new, u
    return {"norm of the update": np.linalg.norm(u @ r.T / m)}
