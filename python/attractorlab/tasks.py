"""Tasks: trials of inputs, targets, and the times at which the target counts.

The defaults are the tasks of Schuessler et al., NeurIPS 2020 (arXiv:2006.11036);
every duration and amplitude is a parameter. Arrays are ``(trials, steps, channels)``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, number, real
from attractorlab.errors import InputError

__all__ = [
    "Batch",
    "ContextTrial",
    "OwnTask",
    "PsychometricCurve",
    "Pulse",
    "Task",
    "WorkingMemoryTrial",
    "accuracy",
    "context_decision",
    "cosine",
    "driven_fixed_point",
    "flip_flop",
    "psychometric_curve",
    "psychometric_curves",
    "text_classification",
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


class Pulse(NamedTuple):
    """One pulse of a trial of :func:`flip_flop`."""

    gap: float
    """Time from the end of its delay to the next pulse, in time constants."""
    channel: int
    """Its channel, from 0."""
    sign: float
    """Its sign, 1 or -1."""


class ContextTrial(NamedTuple):
    """A trial of :func:`context_decision`."""

    context: int
    """Which stimulus counts, 0 or 1."""
    coherences: tuple[float, float]
    """Signed coherences of the two stimuli."""


class WorkingMemoryTrial(NamedTuple):
    """A trial of :func:`working_memory`."""

    stimuli: tuple[float, float]
    """The two stimuli."""
    gap: float
    """Time between them, in time constants."""


Trial = Sequence[Pulse] | ContextTrial | WorkingMemoryTrial
"""What a trial is made of; one of the flip-flop is its pulses in their order."""


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
        """Steps of a trial, at most."""
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
        _check_draw(trials, seed, step)
        arrays = _attractorlab.task_batch(self.text, seed, step, trials)
        return _unflat(arrays, trials, (self.inputs, self.outputs))

    def batch_of(self, trials: Sequence[Trial], *, seed: int = 1) -> Batch:
        """A batch of given trials: stimuli that you set yourself in the place of drawn ones.

        Parameters
        ----------
        trials
            For :func:`flip_flop` the pulses of each trial, for :func:`context_decision` one
            :class:`ContextTrial` each, for :func:`working_memory` one :class:`WorkingMemoryTrial` each.
            Times are in time constants and are cut to whole steps; what lies beyond the end of a trial
            is left out.
        seed
            Of the noise of :func:`context_decision`.

        Raises
        ------
        InputError
            Another task, no trials, trials of another task, a channel or context that does not exist, a
            sign that is not 1 or -1, times that are negative or longer than the task's, or numbers that
            are not finite.

        Examples
        --------
        >>> from attractorlab.tasks import Pulse, WorkingMemoryTrial, flip_flop, working_memory
        >>> batch = flip_flop().batch_of([[Pulse(gap=10.0, channel=0, sign=1.0), Pulse(5.0, 1, -1.0)]])
        >>> batch.inputs[0, [2, 32]].tolist(), batch.targets[0, [12, 42]].tolist()
        ([[1.0, 0.0], [0.0, -1.0]], [[0.5, 0.0], [0.0, -0.5]])
        >>> float(working_memory().batch_of([WorkingMemoryTrial((0.6, 1.1), gap=5.0)]).mask.sum())
        80.0
        """
        given = list(trials)
        _check_draw(len(given), seed, None)
        try:
            arrays = _attractorlab.task_batch_of(self.text, given, seed)
        except InputError:
            raise
        except (TypeError, ValueError, OverflowError) as error:
            # Not of the types of this task's trials.
            raise InputError(f"trials must be those of {self.name}: {error}") from None
        return _unflat(arrays, len(given), (self.inputs, self.outputs))


def _check_draw(trials: int, seed: int, step: int | None) -> None:
    if trials < 0 or seed < 0 or (step is not None and step < 0):
        raise InputError("trials, seed and step must not be negative")


def _unflat(arrays: Sequence[Array], trials: int, channels: tuple[int, int]) -> Batch:
    """Arrays of (trials, steps, channels) from the library's order."""
    inputs, outputs = channels
    steps = len(arrays[1]) // (trials * outputs)
    widths = (inputs, outputs, outputs)
    return Batch(
        *(
            np.swapaxes(array.reshape(steps, trials, width), 0, 1)
            for array, width in zip(arrays, widths, strict=True)
        )
    )


@dataclass(frozen=True)
class OwnTask:
    """A task of your own: a function that makes the trials of a batch.

    Parameters
    ----------
    function
        ``function(generator, trials)`` returns inputs ``(trials, steps, inputs)``, targets and
        mask ``(trials, steps, outputs)``. All random numbers must come from the generator
        (:class:`numpy.random.Generator`): it is named by seed and step, so that a batch depends on
        nothing else. Batches may have fewer steps than the task.
    inputs, outputs, steps
        Numbers of channels, and the most steps of a trial.
    time_step
        Time dt from step to step, in time constants.
    name
        What tells the task from others of yours when a training is resumed.

    Raises
    ------
    InputError
        Numbers out of range. Batches with arrays of the wrong shape, values that are not finite or
        a mask that is zero everywhere are refused when they are made.

    Examples
    --------
    Report the difference of the means of two noisy inputs:

    >>> import numpy as np
    >>> from attractorlab.bptt import Training
    >>> from attractorlab.tasks import OwnTask
    >>> def difference(generator, trials):
    ...     inputs = generator.normal(size=(trials, 60, 2))
    ...     inputs[:, 40:] = 0.0
    ...     targets = np.zeros((trials, 60, 1))
    ...     targets[:, 50:, 0] = np.mean(inputs[:, :40, 0] - inputs[:, :40, 1], axis=1)[:, None]
    ...     mask = np.zeros((trials, 60, 1))
    ...     mask[:, 50:] = 1.0
    ...     return inputs, targets, mask
    >>> task = OwnTask(difference, inputs=2, outputs=1, steps=60)
    >>> training = Training(task, units=24, epochs=20)
    >>> training.run()
    'finished'
    >>> bool(np.all(task.batch(8, step=3).inputs == task.batch(8, step=3).inputs))
    True
    """

    function: Callable[[np.random.Generator, int], tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]]
    inputs: int
    outputs: int
    steps: int
    time_step: float = 0.5
    name: str = "own task"

    def __post_init__(self) -> None:
        for name, value, least in (
            ("inputs", self.inputs, 0),
            ("outputs", self.outputs, 1),
            ("steps", self.steps, 1),
        ):
            if value < least:
                raise InputError(f"{name} must be at least {least}, got {value}")
        if not 0.0 < number("time_step", self.time_step) < float("inf"):
            raise InputError(f"time_step must be a finite number above zero, got {self.time_step}")

    def batch(self, trials: int, *, seed: int = 1, step: int | None = None) -> Batch:
        """The batch of a training step under a seed; without a step, the test batch.

        Raises
        ------
        InputError
            The function returns something else than three arrays that fit.
        """
        _check_draw(trials, seed, step)
        # The test batch has a key that no step has.
        generator = np.random.default_rng([seed, 0] if step is None else [seed, 1, step])
        found = self.function(generator, trials)
        if not isinstance(found, tuple) or len(found) != 3:
            raise InputError("the function of a task must return a tuple of inputs, targets and mask")
        arrays = []
        for name, value, channels in zip(
            Batch._fields, found, (self.inputs, self.outputs, self.outputs), strict=True
        ):
            array = real(f"the task's {name}", value)
            if array.ndim != 3 or array.shape[0] != trials or array.shape[2] != channels:
                raise InputError(
                    f"the task's {name} must be of shape ({trials}, steps, {channels}), got {array.shape}"
                )
            arrays.append(array)
        steps = [array.shape[1] for array in arrays]
        if len(set(steps)) != 1 or not 0 < steps[0] <= self.steps:
            raise InputError(
                f"the task's arrays must have the same number of steps, from 1 to {self.steps}, got {steps}"
            )
        return Batch(*arrays)

    def _flat_batch(
        self, seed: int, step: int | None, trials: int
    ) -> tuple[Array, Array, Array, int]:
        """What a training asks for: seeds of the library are unsigned numbers of 64 bits."""
        inputs, targets, mask = self.batch(trials, seed=seed, step=step)
        return _flat(inputs), _flat(targets), _flat(mask), targets.shape[1]

    def _inner(self) -> tuple[int, int, int, float, Callable[..., Any], str]:
        description = f"{self.name}: {self.inputs}, {self.outputs}, {self.steps}, {self.time_step}"
        return (
            self.inputs,
            self.outputs,
            self.steps,
            float(self.time_step),
            self._flat_batch,
            description,
        )


@dataclass(frozen=True)
class PsychometricCurve:
    """How often a choice is made, against the strength of a stimulus."""

    stimulus: Array
    """Strengths, rising."""
    chosen: npt.NDArray[np.int64]
    """Trials with the choice."""
    trials: npt.NDArray[np.int64]
    """All trials."""

    @property
    def share(self) -> Array:
        """Share of trials with the choice."""
        return self.chosen / self.trials


def _curve(points: Sequence[tuple[float, int, int]]) -> PsychometricCurve:
    stimulus, chosen, trials = zip(*points, strict=True) if points else ((), (), ())
    return PsychometricCurve(
        np.array(stimulus, dtype=np.float64),
        np.array(chosen, dtype=np.int64),
        np.array(trials, dtype=np.int64),
    )


def psychometric_curve(
    stimuli: npt.ArrayLike, chosen: npt.ArrayLike, width: float = 0.0
) -> PsychometricCurve:
    """Gather choices by the multiple of ``width`` next to the stimulus; by its very value for 0.

    Raises
    ------
    InputError
        Other numbers of choices than of stimuli, or a negative width.

    Examples
    --------
    >>> from attractorlab.tasks import psychometric_curve
    >>> curve = psychometric_curve([-0.5, 0.5, 0.5], [False, True, False])
    >>> curve.stimulus.tolist(), curve.share.tolist()
    ([-0.5, 0.5], [0.0, 0.5])
    """
    values = real("stimuli", stimuli).reshape(-1).tolist()
    choices = [bool(choice) for choice in np.asarray(chosen).reshape(-1)]
    return _curve(_attractorlab.psychometric_curve(values, choices, number("width", width)))


def psychometric_curves(
    task: Task,
    respond: Callable[[Batch], npt.ArrayLike],
    trials: int = 512,
    *,
    seed: int = 1,
    width: float = 0.1,
) -> dict[str, PsychometricCurve]:
    """How a network decides, against the stimuli of a task with a choice.

    Parameters
    ----------
    task
        :func:`context_decision`: the share of positive decisions against the coherence of the
        stimulus that counts (``"relevant"``) and of the other one (``"irrelevant"``); or
        :func:`working_memory`: the share of trials in which the second stimulus is taken for the
        larger one, against its ``"difference"`` from the first.
    respond
        Outputs ``(trials, steps, outputs)`` to a batch, as
        ``lambda batch: training.evaluate(batch)[1]``.
    trials, seed
        Number of trials, drawn from the seed.
    width
        Differences of working memory are gathered by multiples of it.

    Raises
    ------
    InputError
        A task without a choice, or outputs of another shape.

    Examples
    --------
    >>> from attractorlab.tasks import context_decision, psychometric_curves
    >>> ideal = lambda batch: batch.targets
    >>> curves = psychometric_curves(context_decision(), ideal, 64)
    >>> bool((curves["relevant"].share == (curves["relevant"].stimulus > 0)).all())
    True
    """
    if isinstance(task, OwnTask):
        raise InputError("task must be context_decision or working_memory, not a task of your own")
    _check_draw(trials, seed, None)
    flat = _attractorlab.psychometric_batch(task.text, seed, trials)
    batch = _unflat(flat, trials, (task.inputs, task.outputs))
    outputs = real("the outputs", respond(batch))
    if outputs.shape != batch.targets.shape:
        raise InputError(f"the outputs must be of shape {batch.targets.shape}, got {outputs.shape}")
    found = _attractorlab.psychometric_curves(
        task.text, seed, trials, _flat(outputs), number("width", width)
    )
    return {name: _curve(points) for name, points in found}


def accuracy(outputs: npt.ArrayLike, batch: Batch) -> float:
    """The share of outputs, where the mask counts, above zero for target 1 and below for target 0.

    Raises
    ------
    InputError
        Outputs of another shape than the targets, or a mask that is zero everywhere.
    """
    values = real("outputs", outputs)
    targets, mask = real("targets", batch.targets), real("mask", batch.mask)
    if values.shape != targets.shape or mask.shape != targets.shape:
        raise InputError(
            f"outputs, targets and mask must have one shape, got {values.shape}, {targets.shape}, {mask.shape}"
        )
    flat = (np.ascontiguousarray(array).reshape(-1) for array in (values, targets, mask))
    return _attractorlab.text_accuracy(*flat)



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


def text_classification(**parameters: Any) -> Task:
    """Is a review for or against? One word vector a step; the output after the last word counts.

    Train it with ``loss="binary_cross_entropy"``: outputs are log-odds, targets 1 and 0. Batches
    are drawn from the texts to train on, the test batch from those set aside, and have as many
    steps as their longest text has words. Word vectors are made from the texts themselves
    (leading directions of the positive pointwise mutual information).

    Parameters
    ----------
    data, dimension, least_count, least_rating, most_words, validation, split
        File of lines ``rating TAB text`` (or a folder with one ``.tsv`` file; the program's 5427
        movie-review snippets without it), dimension of the word vectors (100), least number of
        times that a word occurs (3), least size of a rating (0), most words of a text (60), texts
        set aside (1000), seed of their choice (1).

    Raises
    ------
    InputError
        An unknown parameter, one out of range, or texts that cannot be read.

    Examples
    --------
    >>> from attractorlab.bptt import Training, adam
    >>> from attractorlab.tasks import accuracy, text_classification
    >>> task = text_classification(dimension=20, most_words=10)
    >>> training = Training(task, units=16, cell="lstm", layers=2, dropout=0.2, epochs=4,
    ...                     loss="binary_cross_entropy", optimiser=adam(0.003))
    >>> training.run()
    'finished'
    >>> batch = task.batch(100)
    >>> 0.0 <= accuracy(training.evaluate(batch)[1], batch) <= 1.0
    True
    """
    if "data" in parameters and parameters["data"] is not None:
        parameters["data"] = os.fspath(parameters["data"])
    return _make("text_classification", parameters)
