"""Networks that learn, against samples of an independent implementation, through Python.

The full comparison, of more networks, is that of the Rust tests; here the same numbers come out of the public face.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import reference

from attractorlab import tasks
from attractorlab.bptt import Training, adam, convergence_epoch, gradient_descent
from attractorlab.weight_change import eigenvalues_along, singular_values_along


def cases(name: str) -> list[Any]:
    listed = reference.cases("schuessler2020", "statistics")
    return list(next(case for case in listed if case["name"] == name)["expect"])


# Standard deviations between networks, of their mean: those of the Rust tests.
SPREADS = {
    "conv5": 0.25,
    "norm_dW": 0.08,
    "norm_dWI": 0.20,
    "norm_dWO_rel": 0.12,
    "first_value": 0.10,
    "func_rank": 0.25,
    "outlier": 0.06,
}


def quantities(task: tasks.Task, g: float, epochs: int) -> dict[str, float]:
    training = Training(task, units=256, g=g, epochs=epochs, trials=32, optimiser=adam(0.05 / 256), seed=23)
    assert training.run() == "finished"
    before, after, trained = training.initial_weights, training.weights, training.change()
    changes = {name: np.linalg.norm(after[name] - before[name]) for name in ("input", "readout")}
    rank = trained.truncation_curve(15).functional_rank(0.05)
    return {
        "conv5": convergence_epoch(training.losses) or np.nan,
        "norm_dW": trained.change.norm,
        "norm_dWI": changes["input"],
        "norm_dWO_rel": changes["readout"] / np.linalg.norm(before["readout"]),
        "first_value": trained.change.singular_values[0],
        "func_rank": rank or np.nan,
        "outlier": trained.change.spectra()[1].real.max(),
        "shuffled": trained.shuffled_loss() / training.losses[0],
    }


@pytest.mark.parametrize(
    ("name", "make", "g", "epochs"),
    [
        ("flipflop", tasks.flip_flop, 0.0, 600),
        ("flipflop", tasks.flip_flop, 0.9, 600),
        ("mante", tasks.context_decision, 0.9, 400),
        ("romo", tasks.working_memory, 1.5, 500),
    ],
)
def test_trained_networks(name: str, make: Callable[[], tasks.Task], g: float, epochs: int) -> None:
    theirs = [
        case
        for case in cases("nonlinear_task_statistics")
        if (case["task"], case["g"], case["epochs"]) == (name, g, epochs)
    ]
    found = quantities(make(), g, epochs)
    for case in theirs:
        case |= {"first_value": case["sv"][0], "outlier": case["ev_W_top"][0][0]}
    for what, spread in SPREADS.items():
        expected = np.mean([case[what] for case in theirs])
        # Four and a half standard deviations: a false alarm in 1 of 5000 seeds for 28 comparisons.
        allowed = 4.5 * spread * expected * np.sqrt(1.0 + 1.0 / len(theirs))
        assert abs(found[what] - expected) <= allowed, (name, g, what, found[what], expected, allowed)
    # Permuting W₀: nothing to permute, or all is lost (0.90 to 1.15 in the reference).
    low, high = (0.0, 0.01) if g == 0.0 else (0.7, 1.6)
    assert low <= found["shuffled"] <= high


def descended(case: Any, replicate: int) -> dict[str, float]:
    """One linear network that learns a fixed point by gradient descent."""
    training = Training(
        tasks.driven_fixed_point(duration=float(case["t_max"]), target=case["zhat"]),
        units=case["N"],
        g=case["g"],
        transfer="linear",
        precision="float64",
        # The weights after 200 updates are those before epoch 200.
        epochs=case["epochs"] + 1,
        trials=1,
        optimiser=gradient_descent(case["expect_mean_std"]["lr"]),
        trained=["recurrent"],
        seed=24,
        replicate=replicate,
        snapshot_every=10,
    )
    assert training.run() == "finished"
    before = training.initial_weights
    along = {epoch: weights["recurrent"] for epoch, weights in training.snapshots.items()}
    epochs = (20, 50, 100, 200)
    values = singular_values_along(before["recurrent"], [along[epoch] for epoch in epochs], 3)
    found = {"conv_epoch_5pct": float(convergence_epoch(training.losses) or np.nan)}
    for epoch, singular in zip(epochs, values, strict=True):
        found |= {f"s1_{epoch}": singular[0], f"s2_{epoch}": singular[1]}
        if epoch < 200:
            state = np.linalg.solve(np.eye(case["N"]) - along[epoch], before["input"][:, 0])
            found[f"z_{epoch}"] = float(before["readout"][:, 0] @ state)
    found["norm_dW_200"] = float(np.linalg.norm(along[200] - before["recurrent"]))
    found["s3_200"] = values[3, 2]
    found["re_lambda1_200"] = eigenvalues_along([along[200]], 1)[0, 0].real
    return found


@pytest.mark.parametrize(
    "case",
    cases("linear_rnn_simulation_statistics"),
    ids=lambda case: f"g={case['g']}, target={case['zhat']}",
)
def test_linear_networks(case: Any) -> None:
    sample = [descended(case, replicate) for replicate in range(2)]
    expect = case["expect_mean_std"]
    for what in sample[0]:
        ours = np.array([one[what] for one in sample])
        if what == "s3_200" and case["g"] == 0.0:
            # Without a bulk the change has rank two at all times: the rest is rounding.
            assert (ours < 1e-14).all()
            continue
        (theirs, deviation), m = expect[what], expect["n_seeds"]
        n = len(ours)
        pooled = np.sqrt((n * ours.var() + m * deviation**2) / (n + m - 2))
        # Eight standard errors with five degrees of freedom: 1 in 2000 for one comparison; epochs are whole numbers.
        allowed = 8.0 * pooled * np.sqrt(1.0 / n + 1.0 / m) + (what == "conv_epoch_5pct")
        assert abs(ours.mean() - theirs) <= allowed, (what, ours, theirs, deviation, allowed)
