"""Tasks: trials of inputs, targets, and the times at which the target counts.

The defaults are the tasks of Schuessler et al., NeurIPS 2020 (arXiv:2006.11036);
every duration and amplitude is a parameter. Arrays are ``(trials, steps, channels)``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from attractorlab import _attractorlab
from attractorlab._arrays import Array
from attractorlab.errors import InputError

__all__ = [
    "Batch",
    "Task",
    "context_decision",
    "cosine",
    "driven_fixed_point",
    "flip_flop",
    "working_memory",
]


class Batch(NamedTuple):
    """Trials side by side, each array ``(trials, steps, channels)``."""

    inputs: Array
    """Inputs u."""
    targets: Array
    """Targets y."""
    mask: Array
    """Weight of each target; where it is zero the target does not count."""


def _flat(array: Array) -> Array:
    """The library's order: step, then trial, then channel."""
    return np.ascontiguousarray(np.swapaxes(array, 0, 1)).reshape(-1)


@dataclass(frozen=True)
class Task:
    """A task with its parameters; made by the functions of this module."""

    text: str
    """The task as JSON, every parameter written out."""

    @property
    def name(self) -> str:
        """Its name."""
        return str(json.loads(self.text)["name"])

    @property
    def parameters(self) -> dict[str, Any]:
        """Its parameters."""
        return {key: value for key, value in json.loads(self.text).items() if key != "name"}

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return _attractorlab.task_dimensions(self.text)[0]

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return _attractorlab.task_dimensions(self.text)[1]

    @property
    def steps(self) -> int:
        """Steps of a trial."""
        return _attractorlab.task_dimensions(self.text)[2]

    @property
    def time_step(self) -> float:
        """Time from step to step, in time constants."""
        return _attractorlab.task_dimensions(self.text)[3]

    def batch(self, trials: int, *, seed: int = 1, step: int | None = None) -> Batch:
        """The batch of a training step under a seed; without a step, the test batch.

        The same seed and step always give the same trials.

        Raises
        ------
        InputError
            No trials, or negative numbers.

        Examples
        --------
        >>> from attractorlab.tasks import flip_flop
        >>> batch = flip_flop().batch(32, step=0)
        >>> batch.inputs.shape, batch.targets.shape
        ((32, 100, 2), (32, 100, 2))
        """
        if trials < 0 or seed < 0 or (step is not None and step < 0):
            raise InputError("trials, seed and step must not be negative")
        arrays = _attractorlab.task_batch(self.text, seed, step, trials)
        return Batch(
            *(np.swapaxes(array.reshape(self.steps, trials, -1), 0, 1) for array in arrays),
        )


def _make(name: str, parameters: dict[str, Any]) -> Task:
    return Task(_attractorlab.task_describe(json.dumps({"name": name, **parameters})))


def flip_flop(**parameters: Any) -> Task:
    """Which channel was pulsed last, and with which sign?

    As published, the outputs of all other channels return to zero; with
    ``keep=True`` they hold their last sign.

    Parameters
    ----------
    channels, time_step, duration, onset, pulse, amplitude, delay, gap, target, keep
        Number of channels (2), dt (0.5), length of a trial (50), time of the first
        pulse (1), its length (1) and height (1), time from its onset until the target
        counts (5), range of the time from there to the next pulse ((5, 25)), size of
        the target (0.5), whether other channels keep their sign (False).

    Raises
    ------
    InputError
        An unknown parameter, one out of range, or a trial that is too short.

    Examples
    --------
    >>> from attractorlab.tasks import flip_flop
    >>> task = flip_flop(channels=3, keep=True)
    >>> task.inputs, task.outputs, task.steps
    (3, 3, 100)
    """
    return _make("flip_flop", parameters)


def context_decision(**parameters: Any) -> Task:
    """Which sign has the stimulus that the context picks out? (Mante et al. 2013)

    Parameters
    ----------
    time_step, fixation, stimulus, delay, decision, coherences, context, noise, target
        dt (0.5), lengths of the four phases (3, 20, 5, 20), sizes of the coherences
        ([1/8, 1/4, 1/2, 1]), height of the context (1), noise (0.05/√dt a step), size of
        the target (0.5).

    Raises
    ------
    InputError
        An unknown parameter, one out of range, or phases without steps.
    """
    return _make("context_decision", parameters)


def working_memory(**parameters: Any) -> Task:
    """Which of two stimuli was larger? (Romo et al. 1999)

    Parameters
    ----------
    time_step, fixation, stimulus, gap, delay, decision, amplitudes, least_difference, target
        dt (0.5), time before the first stimulus (3), length of each (1), range of the time
        between them ((2, 8)), time until the decision (5) and its length (10), range of
        the stimuli ((0.5, 1.5)), least difference (0.2), size of the target (0.5).

    Raises
    ------
    InputError
        An unknown parameter, or one out of range.
    """
    return _make("working_memory", parameters)


def driven_fixed_point(**parameters: Any) -> Task:
    """Settle at an output under a constant input: the task of the linear theory.

    Parameters
    ----------
    time_step, duration, onset, amplitude, target, counted_steps
        dt (0.5), length of a trial (101), onset of the input (1) and its height (1), the
        target (1), steps at the end that count (2).

    Raises
    ------
    InputError
        An unknown parameter, one out of range, or a trial that is too short.
    """
    return _make("driven_fixed_point", parameters)


def cosine(**parameters: Any) -> Task:
    """Oscillate without input, from the initial state.

    Parameters
    ----------
    time_step, duration, period, periods, amplitude
        dt (0.1), length of a trial (20), period (5), number of periods that count (2),
        amplitude (1).

    Raises
    ------
    InputError
        An unknown parameter, one out of range, or periods longer than the trial.
    """
    return _make("cosine", parameters)
