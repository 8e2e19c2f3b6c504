"""Back-propagation through time: train any weights of a recurrent network on a task.

Gradients are exact, in float32 or float64. One epoch is one step of the optimiser on
one batch of its own; batches come from the seed and the number of the epoch. Source:
Schuessler et al., NeurIPS 2020 (arXiv:2006.11036).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number, real
from attractorlab.dissection import Network
from attractorlab.errors import InputError
from attractorlab.tasks import Batch, OwnTask, Task, _flat
from attractorlab.transfer import TransferLike, read
from attractorlab.weight_change import TrainedChange, WeightChange

__all__ = ["GradientCheck", "Training", "adam", "convergence_epoch", "gradient_descent", "momentum"]

Optimiser = dict[str, Any]
"""A rule by which parameters follow a gradient; made by the functions of this module."""


def gradient_descent(learning_rate: float) -> Optimiser:
    """x ← x − η g."""
    return {"rule": "gradient_descent", "learning_rate": number("learning_rate", learning_rate)}


def momentum(learning_rate: float, momentum: float = 0.9) -> Optimiser:
    """v ← μ v + g, x ← x − η v, as PyTorch's SGD with momentum."""
    return {
        "rule": "momentum",
        "learning_rate": number("learning_rate", learning_rate),
        "momentum": number("momentum", momentum),
    }


def adam(
    learning_rate: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
) -> Optimiser:
    """Adam (Kingma & Ba 2015), ε added after the root of the corrected second moment."""
    return {
        "rule": "adam",
        "learning_rate": number("learning_rate", learning_rate),
        "beta1": number("beta1", beta1),
        "beta2": number("beta2", beta2),
        "epsilon": number("epsilon", epsilon),
    }


class GradientCheck(NamedTuple):
    """The gradient of one part of the parameters against finite differences."""

    name: str
    """Name of the part."""
    gradient: float
    """Derivative along a random direction, from the gradient."""
    difference: float
    """The same by a difference quotient."""
    relative_error: float
    """Their difference over the norm of the gradient plus a millionth of the loss."""


def _matrices(weights: Mapping[str, npt.ArrayLike]) -> dict[str, Array]:
    found = {}
    for name, value in weights.items():
        array = real(name, value)
        if array.ndim == 1:
            array = array[:, np.newaxis]
        if array.ndim != 2:
            raise InputError(f"{name} must be a vector or a matrix, not of shape {array.shape}")
        found[name] = array
    return found


def _trials(batch: Batch) -> tuple[tuple[int, int, int], tuple[Array, Array, Array]]:
    """Trials, steps and outputs of a batch, and its arrays in the library's order."""
    arrays = [real(name, value) for name, value in zip(batch._fields, batch, strict=True)]
    if any(array.ndim != 3 for array in arrays):
        raise InputError("inputs, targets and mask must be of shape (trials, steps, channels)")
    trials, steps, outputs = arrays[1].shape
    inputs, targets, mask = (_flat(array) for array in arrays)
    return (trials, steps, outputs), (inputs, targets, mask)


class Training:
    """A network in training on a task.

    Parameters
    ----------
    task
        From :mod:`attractorlab.tasks`, or an :class:`~attractorlab.tasks.OwnTask`.
    units
        Number of units N (of each layer).
    g
        Strength of the initial recurrent weights of rate units, N(0, g²/N).
    cell
        ``"current"`` (h ← (1−dt) h + dt (W φ(h) + B u + b), z = Wₒᵀ φ(h)), ``"rate"``
        (φ around the sum, z of h), ``"map"``, ``"gru"`` or ``"lstm"`` (as PyTorch's).
    epochs, trials, optimiser, clip, seed
        Number of epochs, trials of a batch, the rule (Adam with learning rate 0.05/N if
        none is given), the largest norm of a gradient, the seed of everything.
    trained
        Names of the parts that are trained: rate units have ``recurrent``, ``input``,
        ``bias``, ``readout``, ``initial``; gated cells ``recurrent``, ``input``,
        ``input_bias``, ``recurrent_bias``, ``readout``, ``readout_bias``, ``initial``.
        Without it the recurrent, input and readout weights.
        In a stack of layers each has its own, numbered as in PyTorch (``recurrent_l0``, …);
        ``recurrent`` names those of all layers.
    layers, dropout
        Gated cells only: number of layers, each of which reads the states of the one below,
        and the probability with which, in training, what a layer hands on is left out.
    weights
        Matrices to start from in the place of drawn ones, by these names: recurrent
        (N, N), input (N, K), readout (N, L).
    loss
        ``"half_square"`` (½ mean of (y−z)² under the mask), ``"square"`` or
        ``"binary_cross_entropy"``.
    transfer, readout_transfer
        φ, and the function of the outputs; gated cells have their own and refuse others.
    noise, initial_noise
        Strength of the state's noise (an unconnected unit has this standard deviation),
        and standard deviation of the initial state; gated cells have none.
    precision
        ``"float32"`` or ``"float64"``.
    replicate
        Which initial network under the seed.
    snapshot_every
        Keep the parameters before every so many epochs; 0 for none.
    stop_below
        End at the first loss below this fraction of the first; 0 for never.
    resume
        A file that :meth:`save` wrote, of the same training: it goes on with the same bits.
        Other equations, another task or other options (but for ``epochs``) are refused.

    Raises
    ------
    InputError
        Anything out of range or of the wrong shape; a file of another training.
    OutputError
        A file that cannot be read.

    Examples
    --------
    >>> from attractorlab.bptt import Training
    >>> from attractorlab.tasks import flip_flop
    >>> training = Training(flip_flop(), units=48, g=0.9, epochs=60)
    >>> training.run()
    'finished'
    >>> bool(training.losses[-1] < 0.2 * training.losses[0])
    True
    """

    def __init__(
        self,
        task: Task | OwnTask,
        *,
        units: int = 256,
        g: float = 0.9,
        cell: Literal["current", "rate", "map", "gru", "lstm"] = "current",
        layers: int = 1,
        dropout: float = 0.0,
        epochs: int = 1000,
        trials: int = 32,
        optimiser: Optimiser | None = None,
        clip: float | None = None,
        trained: Sequence[str] = ("recurrent", "input", "readout"),
        weights: Mapping[str, npt.ArrayLike] | None = None,
        loss: str = "half_square",
        transfer: TransferLike = "tanh",
        readout_transfer: TransferLike = "linear",
        noise: float = 0.0,
        initial_noise: float = 0.0,
        precision: Literal["float32", "float64"] = "float32",
        seed: int = 1,
        replicate: int = 0,
        snapshot_every: int = 0,
        stop_below: float = 0.0,
        resume: str | os.PathLike[str] | None = None,
    ) -> None:
        for name, value in (
            ("units", units),
            ("layers", layers),
            ("epochs", epochs),
            ("trials", trials),
            ("seed", seed),
            ("replicate", replicate),
            ("snapshot_every", snapshot_every),
        ):
            if value < 0:
                raise InputError(f"{name} must not be negative, got {value}")
        if precision not in ("float32", "float64"):
            raise InputError(f"precision must be 'float32' or 'float64', not '{precision}'")
        if loss not in _attractorlab.bptt_losses():
            raise InputError(f"loss must be one of {_attractorlab.bptt_losses()}, not '{loss}'")
        options = {
            "epochs": epochs,
            "trials": trials,
            "optimiser": adam(0.05 / max(units, 1)) if optimiser is None else optimiser,
            "clip": None if clip is None else number("clip", clip),
            "trained": list(trained),
            "loss": loss,
            "seed": seed,
            "snapshot_every": snapshot_every,
            "stop_below": number("stop_below", stop_below),
        }
        self.task = task
        self._inner = _attractorlab.BpttTraining(
            task._inner() if isinstance(task, OwnTask) else task.text,
            json.dumps(options),
            cell,
            units,
            number("g", g),
            read(transfer),
            read(readout_transfer),
            (number("noise", noise), number("initial_noise", initial_noise)),
            (layers, number("dropout", dropout)),
            precision,
            replicate,
            _matrices(weights or {}),
            None if resume is None else os.fspath(resume),
        )

    def run(self, epochs: int | None = None) -> str:
        """Make all epochs that are left, or so many; Ctrl-C stops between epochs.

        Returns
        -------
        str
            The :attr:`status`.
        """
        if epochs is not None and epochs < 0:
            raise InputError(f"epochs must not be negative, got {epochs}")
        return self._inner.run(epochs)[0]

    @property
    def status(self) -> str:
        """How training stands.

        ``"running"``, ``"finished"``, ``"converged"`` (below ``stop_below``), or ``"not finite"``: a
        loss or gradient was not, and the network has the parameters of the last epoch that was.
        """
        return self._inner.status()[0]

    @property
    def status_epoch(self) -> int | None:
        """The epoch at which it converged or was not finite."""
        return self._inner.status()[1]

    @property
    def losses(self) -> Array:
        """Loss of each epoch, before its update."""
        return self._inner.losses()

    @property
    def gradient_norms(self) -> Array:
        """Norm of the gradient of all that is trained, before clipping."""
        return self._inner.gradient_norms()

    @property
    def weights(self) -> dict[str, Array]:
        """All parts of the parameters, as matrices."""
        return {name: self._inner.matrix(name, None) for name in self._inner.names()}

    @property
    def snapshots(self) -> dict[int, dict[str, Array]]:
        """Weights before some epochs, by epoch."""
        names = self._inner.names()
        return {
            epoch: {name: self._inner.matrix(name, index) for name in names}
            for index, epoch in enumerate(self._inner.snapshot_epochs())
        }

    @property
    def initial_weights(self) -> dict[str, Array]:
        """All parts of the parameters before training."""
        return {name: self._inner.initial_matrix(name) for name in self._inner.names()}

    def change(self, name: str = "recurrent") -> TrainedChange:
        """What training changed in a part of the parameters, with the loss of truncated weights.

        Raises
        ------
        InputError
            There is no such part, or a weight is not finite.

        Examples
        --------
        >>> from attractorlab.bptt import Training
        >>> from attractorlab.tasks import flip_flop
        >>> training = Training(flip_flop(), units=48, epochs=60)
        >>> training.run()
        'finished'
        >>> change = training.change()
        >>> change.truncation_curve(4).functional_rank(0.5) is not None
        True
        """
        change = WeightChange(self._inner.initial_matrix(name), self._inner.matrix(name, None))

        def loss(weights: Array, batch: tuple[Array, Array, Array]) -> float:
            return self.evaluate(Batch(*batch), {name: weights})[0]

        return TrainedChange(change, loss, lambda: self.task.batch(512))

    @property
    def network(self) -> Network:
        """The network, to be simulated, dissected, or written to a file; of one layer.

        Raises
        ------
        InputError
            The network has several layers.
        """
        return Network(self._inner.network())

    def evaluate(
        self, batch: Batch, weights: Mapping[str, npt.ArrayLike] | None = None
    ) -> tuple[float, Array]:
        """Loss and outputs ``(trials, steps, outputs)`` on a batch, without noise.

        Parameters
        ----------
        batch
            Trials, of any length.
        weights
            Matrices in the place of the trained ones, by name: truncated or permuted ones.

        Raises
        ------
        InputError
            Arrays that do not fit, or a mask that is zero everywhere.
        """
        (trials, steps, outputs), flat = _trials(batch)
        loss, found = self._inner.evaluate(trials, flat, _matrices(weights or {}))
        return loss, np.swapaxes(found.reshape(steps, trials, outputs), 0, 1)

    def gradient(self, batch: Batch) -> tuple[float, dict[str, Array]]:
        """Loss on a batch, and its derivatives by every part of the parameters, trained or not; without noise.

        Parameters
        ----------
        batch
            Trials, of any length.

        Returns
        -------
        tuple
            The loss, and one matrix for each part, of its name and shape: ``found[name][i, j]`` is the
            derivative by ``weights[name][i, j]``.

        Raises
        ------
        InputError
            Arrays that do not fit, or a mask that is zero everywhere.

        Examples
        --------
        >>> from attractorlab.bptt import Training
        >>> from attractorlab.tasks import flip_flop
        >>> task = flip_flop()
        >>> training = Training(task, units=12, precision="float64")
        >>> loss, derivatives = training.gradient(task.batch(4))
        >>> sorted(derivatives), derivatives["input"].shape
        (['bias', 'initial', 'input', 'readout', 'recurrent'], (12, 2))
        """
        (trials, _, _), flat = _trials(batch)
        return self._inner.gradient(trials, flat)

    def check_gradient(self, trials: int = 8, *, seed: int = 1) -> list[GradientCheck]:
        """Hold the gradient of each part against finite differences; needs float64.

        Examples
        --------
        >>> from attractorlab.bptt import Training
        >>> from attractorlab.tasks import flip_flop
        >>> training = Training(flip_flop(), units=12, precision="float64")
        >>> max(check.relative_error for check in training.check_gradient(4)) < 1e-6
        True
        """
        return [GradientCheck(*check) for check in self._inner.check_gradient(trials, seed)]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the training to a ``.safetensors`` or ``.npz`` file, whole or not at all.

        Raises
        ------
        OutputError
            A file that cannot be written.
        """
        self._inner.save(os.fspath(path))


def convergence_epoch(losses: npt.ArrayLike, fraction: float = 0.05) -> int | None:
    """The first epoch with a loss below a fraction of the first; None if there is none.

    Examples
    --------
    >>> from attractorlab.bptt import convergence_epoch
    >>> convergence_epoch([1.0, 0.3, 0.04, 0.06])
    2
    """
    values = real("losses", losses)
    below = np.flatnonzero(values < fraction * values[:1])
    return int(below[0]) if len(below) else None
