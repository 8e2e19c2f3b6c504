"""Networks and what they do, from Python."""

import pathlib
import pickle
import subprocess
import sysconfig

import numpy as np
import pytest

from attractorlab import dynamics, errors
from attractorlab.network import RateNetwork, dale_bulk, gaussian_bulk, sparse_bulk, uniform_bulk

M = np.random.default_rng(5).normal(size=120)
NET = RateNetwork(
    gaussian_bulk(120, 0.6, seed=3),
    feedback=M,
    feedback_readout=2 * M,
    readout=2 * M,
    input_weights=np.ones(120),
    bias=np.linspace(-0.1, 0.1, 120),
    noise=0.1,
)


def weights(net: RateNetwork) -> np.ndarray:
    return net.bulk + net.feedback @ net.feedback_readout.T / net.units


def test_a_bulk_is_a_function_of_its_seed() -> None:
    assert (gaussian_bulk(50, 1.0, seed=1) == gaussian_bulk(50, 1.0, seed=1)).all()
    assert (gaussian_bulk(50, 1.0, seed=1) != gaussian_bulk(50, 1.0, seed=1, replicate=1)).all()
    for bulk in (gaussian_bulk(600, 0.9, seed=1), uniform_bulk(600, 0.9, seed=1),
                 sparse_bulk(600, 0.9, 0.2, seed=1)):  # fmt: skip
        # 360,000 entries: the standard error of a variance is below half a percent of it (sparse: 1 %).
        assert np.var(bulk) * 600 == pytest.approx(0.81, rel=0.04)
    assert dale_bulk(100, 1.0, 0.8, 0.5, seed=1)[1] > 0


def test_euler_is_what_numpy_says() -> None:
    quiet = RateNetwork(NET.bulk, feedback=M, feedback_readout=2 * M, input_weights=np.ones(120), bias=NET.bias)
    start = dynamics.initial_states(120, 5, seed=1)
    u = np.linspace(0, 1, 30 * 5).reshape(30, 1, 5)
    run = dynamics.simulate(quiet, start, steps=30, dt=0.1, input=u, record="states", every=10)
    x, j = start.copy(), weights(quiet)
    for step in range(30):
        x += 0.1 * (-x + j @ np.tanh(x) + np.ones((120, 1)) @ u[step] + quiet.bias[:, np.newaxis])
    assert run.frames.shape == (4, 120, 5) and run.times.tolist() == pytest.approx([0, 1, 2, 3])
    np.testing.assert_allclose(run.final_states, x, atol=1e-12)
    np.testing.assert_array_equal(run.frames[-1], run.final_states)
    np.testing.assert_array_equal(run.frames[0], start)
    single = dynamics.simulate(quiet, start.astype(np.float32), steps=30, dt=0.1, input=u)
    assert single.final_states.dtype == np.float32
    np.testing.assert_allclose(single.final_states, x, atol=1e-4)


def test_threads_do_not_change_bits_and_the_seed_does() -> None:
    start = dynamics.initial_states(120, 130, seed=2)
    runs = [
        dynamics.simulate(NET, start, steps=20, seed=seed, threads=threads, record="outputs").frames
        for seed, threads in ((9, 1), (9, 2), (9, None), (10, 1))
    ]
    assert (runs[0] == runs[1]).all() and (runs[0] == runs[2]).all() and (runs[0] != runs[3]).any()


def test_outputs_and_recorded_units() -> None:
    start = dynamics.initial_states(120, 2, seed=2)
    run = dynamics.simulate(NET, start, steps=4, record=[7, 0])
    np.testing.assert_array_equal(run.frames[0], start[[7, 0]])
    np.testing.assert_allclose(NET.output(start)[0], 2 * M @ np.tanh(start) / 120)
    assert NET.output(start[:, 0]).shape == (1,)


def test_divergence_is_reported() -> None:
    linear = RateNetwork(2 * np.eye(3), transfer="linear")
    run = dynamics.simulate(linear, np.ones((3, 2)), steps=2000)
    assert not run.finished and (run.diverged_at > 10).all() and "2 of 2" in repr(run)


def test_fixed_point_and_spectra_agree_with_numpy() -> None:
    found = dynamics.fixed_point(NET, M)
    assert found.status == "converged" and found.residual <= 1e-12
    x, j = found.state, weights(NET)
    np.testing.assert_allclose(x, j @ np.tanh(x) + NET.bias, atol=1e-11)
    effective = j / np.cosh(x) ** 2
    ours, theirs = dynamics.spectrum(NET, x), np.linalg.eigvals(effective)
    order = [np.lexsort((v.imag, v.real)) for v in (np.round(ours, 8), np.round(theirs, 8))]
    np.testing.assert_allclose(ours[order[0]], theirs[order[1]], atol=1e-7)
    outliers = dynamics.outliers(NET, np.zeros(120))
    top = max(np.linalg.eigvals(j), key=abs)
    assert len(outliers.values) == 1 and abs(outliers.values[0] - top) < 1e-8 and len(outliers.doubtful) == 0
    stalled = dynamics.fixed_point(NET, M, relaxation_steps=1, newton_steps=0)
    assert stalled.status == "stalled"


def test_chaos_has_a_positive_exponent() -> None:
    chaotic = RateNetwork(gaussian_bulk(300, 2.0, seed=4))
    start = dynamics.initial_states(300, 1, seed=4)[:, 0]
    found = dynamics.lyapunov_exponent(chaotic, start, transient=500, steps=1500)
    assert found.exponent > 5 * found.standard_error > 0


@pytest.mark.parametrize("form", ["current", "rate", "map"])
def test_networks_survive_pickling_and_files(form: str, tmp_path: pathlib.Path) -> None:
    net = RateNetwork(NET.bulk, feedback=M, feedback_readout=M, form=form, transfer="erf",
                      input_weights=np.ones((120, 2)), bias=NET.bias, readout=M, time_constant=2.0)  # fmt: skip
    start = dynamics.initial_states(120, 3, seed=1)
    expected = dynamics.simulate(net, start, steps=10).final_states
    path = tmp_path / "net.safetensors"
    net.write(path)
    for other in (pickle.loads(pickle.dumps(net)), RateNetwork.read(path)):
        assert repr(other) == repr(net) and other.time_constant == 2.0
        np.testing.assert_array_equal(dynamics.simulate(other, start, steps=10).final_states, expected)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: RateNetwork(np.zeros((0, 0))),
        lambda: RateNetwork(np.zeros((3, 4))),
        lambda: RateNetwork(np.full((3, 3), np.nan)),
        lambda: RateNetwork(np.full((3, 3), np.inf)),
        lambda: RateNetwork(np.eye(3), form="currents"),
        lambda: RateNetwork(np.eye(3), feedback=np.ones(3)),
        lambda: RateNetwork(np.eye(3), bias=np.ones(4)),
        lambda: RateNetwork(np.eye(3), time_constant=0.0),
        lambda: RateNetwork(np.eye(3), noise=-1.0),
        lambda: gaussian_bulk(0, 1.0, seed=1),
        lambda: gaussian_bulk(5, -1.0, seed=1),
        lambda: sparse_bulk(5, 1.0, 0.0, seed=1),
        lambda: dynamics.simulate(NET, np.zeros((120, 0)), steps=5),
        lambda: dynamics.simulate(NET, np.zeros((7, 1)), steps=5),
        lambda: dynamics.simulate(NET, np.zeros(120), steps=5, dt=0.0),
        lambda: dynamics.simulate(NET, np.zeros(120), steps=-5),
        lambda: dynamics.simulate(NET, np.zeros(120), steps=5, threads=0),
        lambda: dynamics.simulate(NET, np.zeros(120), steps=5, every=0),
        lambda: dynamics.simulate(NET, np.zeros(120), steps=5, input=np.zeros((5, 2, 1))),
        lambda: dynamics.simulate(NET, np.zeros(120), steps=5, integrator="runge-kutta"),
        lambda: dynamics.simulate(NET, np.zeros(120), steps=5, record=[120]),
        lambda: dynamics.fixed_point(NET, np.zeros(3)),
        lambda: dynamics.spectrum(NET, np.full(120, np.inf)),
        lambda: dynamics.lyapunov_exponent(NET, np.zeros(120), dt=-0.1),
    ],
)
def test_bad_input_is_named(wrong: object) -> None:
    with pytest.raises(errors.InputError) as caught:
        wrong()  # type: ignore[operator]
    assert len(str(caught.value)) > 20


def test_a_file_that_is_not_there(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.OutputError):
        RateNetwork.read(tmp_path / "nothing.safetensors")


def test_the_shell_gives_the_same_bits(tmp_path: pathlib.Path) -> None:
    program = pathlib.Path(__file__).parents[2] / "target" / "release" / "attractorlab"
    if not program.exists():
        pytest.skip(f"the program is not built: {sysconfig.get_platform()}")
    NET.write(tmp_path / "net.safetensors")
    arguments = "simulate net.safetensors --seed 11 --trials 3 --duration 5 --every 10 --record states -o run.npz"
    subprocess.run([program, *arguments.split()], cwd=tmp_path, check=True, capture_output=True)
    with np.load(tmp_path / "run.npz") as shell:
        start = dynamics.initial_states(120, 3, seed=11)
        ours = dynamics.simulate(NET, start, steps=50, every=10, record="states", seed=11)
        np.testing.assert_array_equal(shell["frames"], ours.frames)
        np.testing.assert_array_equal(shell["times"], ours.times)
        np.testing.assert_array_equal(shell["final_states"], ours.final_states)
