"""Any trained network: read it, run it, and find all its fixed points.

Weights come from files (the project's own, PyTorch state dictionaries as
safetensors or npz, any arrays with a name map), from a live PyTorch module, or
from a dict of arrays. PyTorch itself is not needed.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from attractorlab import _attractorlab
from attractorlab._arrays import Array, real, vector
from attractorlab._frames import table
from attractorlab.errors import InputError
from attractorlab.network import RateNetwork
from attractorlab.theory.low_rank import LowRankStates, _made

__all__ = ["Dissection", "FixedPoints", "Network", "dissect", "find_fixed_points"]


def _plain(name: str, value: Any) -> npt.NDArray[Any]:
    """A tensor or array as float32 or float64."""
    for method in ("detach", "cpu", "numpy"):
        if hasattr(value, method) and not isinstance(value, np.ndarray):
            value = getattr(value, method)()
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise InputError(f"{name} must be real numbers, not of type {array.dtype}")
    array = array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
    # Fields of records may lie between the boundaries that numbers are read at.
    return np.require(array, requirements="A")


class Network:
    """A recurrent network of any kind, with its readout.

    Made by :meth:`read`, :meth:`from_torch`, :meth:`from_arrays` or :meth:`from_rate`.

    Attributes
    ----------
    units, state_size, inputs, outputs : int
        Sizes; the state of an LSTM is h, then c.
    kind : str
        What it is, in a word.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab import Network
    >>> weights = {"weight_ih_l0": np.zeros((2, 1)), "weight_hh_l0": 2 * np.eye(2)}
    >>> network = Network.from_arrays(weights)
    >>> network
    <Network: tanh rate network (map form), 2 units, 1 inputs, 0 outputs>
    >>> network.dissect().count
    9
    """

    __slots__ = ("_network",)
    _network: _attractorlab.Network

    def __init__(self, network: _attractorlab.Network) -> None:
        self._network = network

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        transfer: str | None = None,
        readout: str | None = None,
        names: Mapping[str, Any] | None = None,
    ) -> Network:
        """Reads a network from a ``.safetensors`` or ``.npz`` file.

        Parameters
        ----------
        path
            The file: the project's own format, a PyTorch state dictionary of one
            ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM`` layer, or any arrays with ``names``.
        transfer
            ``"tanh"`` or ``"relu"``: the nonlinearity of an ``nn.RNN``, which its state
            dictionary does not name.
        readout
            Prefix of the readout's arrays, where several layers could be it.
        names
            Which array is what, for files of other programs: ``recurrent``, ``left``,
            ``right``, ``scale``, ``input``, ``bias``, ``output``, ``output_bias``, ``initial``,
            ``transposed`` (a list), ``form``, ``transfer``, ``threshold``, ``tau``, ``dt``.

        Raises
        ------
        OutputError
            The file cannot be read: missing, cut short, broken.
        InputError
            The architecture is not understood, or weights are NaN or of wrong shapes.
        """
        text = None if names is None else json.dumps(dict(names))
        return cls(_attractorlab.Network.read(path, transfer, readout, text))

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, Any],
        *,
        transfer: str | None = None,
        readout: str | None = None,
        names: Mapping[str, Any] | None = None,
    ) -> Network:
        """Makes a network of a dict of arrays, named as in a file (see :meth:`read`)."""
        plain = {name: _plain(name, value) for name, value in arrays.items()}
        text = None if names is None else json.dumps(dict(names))
        return cls(_attractorlab.Network.from_arrays(plain, {}, transfer, readout, text))

    @classmethod
    def from_torch(cls, module: Any, *, readout: str | None = None) -> Network:
        """Makes a network of a PyTorch module (or its state dictionary) with one recurrent layer.

        The nonlinearity of an ``nn.RNN`` is taken from the module.
        """
        state = module if isinstance(module, Mapping) else module.state_dict()
        modules = [] if isinstance(module, Mapping) else list(module.modules())
        nonlinearities = [m.nonlinearity for m in modules if hasattr(m, "nonlinearity")]
        return cls.from_arrays(state, transfer=nonlinearities[0] if nonlinearities else None, readout=readout)

    @classmethod
    def from_rate(cls, network: RateNetwork) -> Network:
        """The same rate network, as one of any kind."""
        return cls(_attractorlab.Network.of_rate(network._network))

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the network in the project's own format, as ``.safetensors`` or ``.npz``."""
        self._network.write(path)

    def state_dict(
        self, *, precision: Literal["float32", "float64"] = "float32"
    ) -> dict[str, npt.NDArray[np.floating[Any]]]:
        """The weights under PyTorch's names, as arrays: ``rnn.…`` of one layer, ``readout.…`` if there is one.

        Parameters
        ----------
        precision
            ``"float32"``, PyTorch's own, or ``"float64"``: the weights as they are.

        Raises
        ------
        InputError
            A rate network that is no ``nn.RNN``: continuous time, another transfer function than tanh or
            relu, or readout vectors of its own; another precision.

        Examples
        --------
        >>> import numpy as np
        >>> from attractorlab import Network
        >>> network = Network.from_arrays({"weight_ih_l0": np.zeros((2, 1)), "weight_hh_l0": 2 * np.eye(2)})
        >>> network.state_dict(precision="float64")["rnn.weight_hh_l0"].tolist()
        [[2.0, 0.0], [0.0, 2.0]]
        """
        if precision not in ("float32", "float64"):
            raise InputError(f"precision must be 'float32' or 'float64', not '{precision}'")
        arrays, metadata = self._network.to_arrays()
        cell = metadata["cell"]
        if cell == "rate":
            plain = metadata["form"] == "map" and metadata["transfer"] in ("tanh", "relu")
            if not plain or float(metadata.get("threshold", 0.0)) != 0.0 or arrays["outputs"].shape[1]:
                raise InputError(f"PyTorch has no layer for a {self.kind} with these outputs; it has nn.RNN (tanh, relu)")
            feedback, readout = arrays["feedback"], arrays["feedback_readout"]
            recurrent = arrays["bulk"] + feedback @ readout.T / self.units
            # PyTorch has two biases: the second keeps what the first loses in float32.
            rounded = arrays["bias"].astype(np.float32).astype(np.float64)
            biases = (rounded, arrays["bias"] - rounded)
        else:
            recurrent, biases = arrays["recurrent"], (arrays["input_bias"], arrays["recurrent_bias"])
        state = {
            "rnn.weight_ih_l0": arrays["input"],
            "rnn.weight_hh_l0": recurrent,
            "rnn.bias_ih_l0": biases[0],
            "rnn.bias_hh_l0": biases[1],
        }
        if "readout_weights" in arrays:
            state["readout.weight"] = arrays["readout_weights"]
            state["readout.bias"] = arrays["readout_bias"]
        return {name: value.astype(precision) for name, value in state.items()}

    def to_torch(self, *, precision: Literal["float32", "float64"] = "float32") -> Any:
        """A ``torch.nn.ModuleDict`` of ``rnn`` (batch first) and, if there is one, ``readout``. Needs PyTorch.

        The state in which trials start is not part of a module: hand :attr:`initial_state` over where
        it is not zero.

        Parameters
        ----------
        precision
            Of the module's parameters: ``"float32"``, PyTorch's own, or ``"float64"``.

        Raises
        ------
        InputError
            As :meth:`state_dict`.
        """
        state = self.state_dict(precision=precision)
        # PyTorch is no requirement, and its types are its own.
        torch: Any = importlib.import_module("torch")
        _, metadata = self._network.to_arrays()
        kind = {"dtype": getattr(torch, precision)}
        sizes = {"input_size": self.inputs, "hidden_size": self.units, "batch_first": True, **kind}
        match metadata["cell"]:
            case "gru":
                layer = torch.nn.GRU(**sizes)
            case "lstm":
                layer = torch.nn.LSTM(**sizes)
            case _:
                layer = torch.nn.RNN(**sizes, nonlinearity=metadata["transfer"])
        modules = {"rnn": layer}
        if "readout.weight" in state:
            modules["readout"] = torch.nn.Linear(self.units, len(state["readout.bias"]), **kind)
        module = torch.nn.ModuleDict(modules)
        module.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
        return module

    @property
    def kind(self) -> str:
        """What it is, in a word."""
        return self._network.kind()

    @property
    def units(self) -> int:
        """Number of units."""
        return self._network.sizes()[0]

    @property
    def state_size(self) -> int:
        """Number of variables of a state."""
        return self._network.sizes()[1]

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return self._network.sizes()[2]

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return self._network.sizes()[3]

    @property
    def initial_state(self) -> Array:
        """The state in which trials start."""
        return self._network.initial_state()

    def run(self, inputs: npt.ArrayLike, start: npt.ArrayLike | None = None) -> Array:
        """States after each step, of shape (steps, state_size), under inputs of shape (steps, inputs)."""
        u = real("inputs", inputs)
        if u.ndim != 2:
            raise InputError(f"inputs must have the shape (steps, inputs), got {u.shape}")
        x = None if start is None else vector("start", start)
        return self._network.run(np.ascontiguousarray(u.T), x).T

    def output(self, state: npt.ArrayLike) -> Array:
        """The outputs in a state."""
        return self._network.output(vector("state", state))

    def jacobian(self, state: npt.ArrayLike, input: Sequence[float] | None = None) -> Array:
        """Jacobian of the one-step map (or of the vector field) at a state under a constant input."""
        u = [0.0] * self.inputs if input is None else vector("input", input).tolist()
        return self._network.jacobian(vector("state", state), u)

    def dissect(
        self,
        input: Sequence[float] | None = None,
        *,
        trajectories: npt.ArrayLike | None = None,
        starts: int = 1024,
        trajectory_starts: int = 256,
        seed: int = 0,
    ) -> Dissection:
        """All fixed points under a constant input; see :func:`dissect`."""
        return dissect(
            self,
            input,
            trajectories=trajectories,
            starts=starts,
            trajectory_starts=trajectory_starts,
            seed=seed,
        )

    def find_fixed_points(
        self, states: npt.ArrayLike, inputs: npt.ArrayLike | None = None, *, seed: int = 0
    ) -> list[tuple[Array, FixedPoints]]:
        """Finds fixed points from given states, each under its own constant input.

        Parameters
        ----------
        states
            States to start from, of shape (count, state_size): those that the network visited, say.
        inputs
            The input of each, of shape (count, inputs); or one input for all; zero if None.
        seed
            Root of the random numbers of deflation.

        Returns
        -------
        list of (input, FixedPoints)
            One entry for each distinct input, in the order in which these first appear: a fixed point
            belongs to an input, and starts of equal input are searched together.

        Raises
        ------
        InputError
            Shapes that do not fit, or NaN.

        Examples
        --------
        >>> import numpy as np
        >>> from attractorlab import Network
        >>> unit = Network.from_arrays({"weight_ih_l0": np.ones((1, 1)), "weight_hh_l0": np.full((1, 1), 2.0)})
        >>> found = unit.find_fixed_points([[1.0], [-1.0], [1.0]], [[0.0], [0.0], [2.0]])
        >>> [(input.tolist(), len(points.points)) for input, points in found]
        [([0.0], 3), ([2.0], 1)]
        """
        x = np.atleast_2d(real("states", states))
        u = np.zeros(self.inputs) if inputs is None else real("inputs", inputs)
        if u.ndim == 1:
            u = np.broadcast_to(u, (len(x), len(u)))
        if x.ndim != 2 or u.ndim != 2:
            raise InputError(
                f"states must have the shape (count, state_size) and inputs (count, inputs), "
                f"got {x.shape} and {u.shape}"
            )
        if seed < 0:
            raise InputError(f"seed must not be negative, got {seed}")
        own, each = np.ascontiguousarray(x.T), np.ascontiguousarray(u.T)
        return [
            (np.asarray(input, dtype=np.float64), _fixed_points(found))
            for input, found in self._network.find_under_inputs(own, each, seed)
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, self._network.to_arrays())

    def __repr__(self) -> str:
        return (
            f"<Network: {self.kind}, {self.units} units, {self.inputs} inputs, {self.outputs} outputs>"
        )


def _restored(arrays: dict[str, Array], metadata: dict[str, str]) -> Network:
    return Network(_attractorlab.Network.from_arrays(arrays, metadata, None, None, None))


@dataclasses.dataclass(frozen=True)
class Dissection:
    """The fixed points of a network under one constant input, stable ones first.

    Attributes
    ----------
    points : array, (count, state_size)
    unstable : int array, (count,)
        Numbers of unstable directions.
    index : int array, (count,)
        Signs of det(1 − F') (maps) or det(−F').
    residual, existence_radius, uniqueness_radius : array, (count,)
        Radii are those of the balls in which the point is proved to exist, and to be the
        only one; NaN where nothing is proved.
    proved : list of str
        ``"stable"``, ``"unstable"``, ``"marginal"`` or ``"uncertified"``.
    survives_f32 : bool array, (count,)
        Whether the point survives the rounding of the weights to float32.
    eigenvalues : complex array, (count, state_size)
        Of the one-step Jacobian (maps) or of the effective connectivity, the fastest
        growing first.
    outputs : array, (count, outputs)
    hits : int array, (count,)
        Starts that reached each point.
    links : list of (from, mode, sign, to)
        Where unstable directions lead; ``to`` is None where it is no known point.
    slow_points : array
        Local minima of the speed above zero.
    slow_speeds : array
    rests : list of (point, what, value, count)
        What trajectories settle to: a point, an orbit (value: its period), wandering
        (value: the largest Lyapunov exponent).
    interval : (float, float)
        95 % interval of the number of points.
    share : float
        At 95 % confidence every point that catches more than this share of random
        starts was found.
    index_sum : int or None
        Must be 1 for the complete set, where it is known.
    overlaps : array, (count, loops)
        Overlaps of the rates with the readout vectors of the feedback loops of a rate network.
    theory : LowRankStates or None
        What mean-field theory predicts of a rate network with loops, and which point is taken for
        which state.
    """

    points: Array
    unstable: npt.NDArray[np.int64]
    index: npt.NDArray[np.int64]
    residual: Array
    existence_radius: Array
    uniqueness_radius: Array
    proved: list[str]
    survives_f32: npt.NDArray[np.bool_]
    eigenvalues: npt.NDArray[np.complex128]
    outputs: Array
    hits: npt.NDArray[np.int64]
    links: list[tuple[int, int, float, int | None]]
    slow_points: Array
    slow_speeds: Array
    rests: list[tuple[int | None, str, float | None, int]]
    interval: tuple[float, float]
    share: float
    index_sum: int | None
    overlaps: Array
    theory: LowRankStates | None

    @property
    def count(self) -> int:
        """Number of points found: at least so many there are."""
        return len(self.points)

    @property
    def stable(self) -> Array:
        """The stable points."""
        chosen: Array = self.points[self.unstable == 0]
        return chosen

    def to_pandas(self) -> Any:
        """One row for each point: stability, proof, leading eigenvalue, hits, outputs. Needs pandas."""
        columns: dict[str, Any] = {
            "unstable": self.unstable,
            "proved": self.proved,
            "index": self.index,
            "existence_radius": self.existence_radius,
            "uniqueness_radius": self.uniqueness_radius,
            "survives_f32": self.survives_f32,
            "leading": self.eigenvalues[:, 0],
            "residual": self.residual,
            "hits": self.hits,
        }
        columns |= {f"output_{k + 1}": self.outputs[:, k] for k in range(self.outputs.shape[1])}
        return table(columns)

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"<Dissection: at least {self.count} fixed points ({len(self.stable)} stable, "
            f"95 % interval {low:g} to {high:g}), index sum {self.index_sum}>"
        )


def dissect(
    network: Network | RateNetwork,
    input: Sequence[float] | None = None,
    *,
    trajectories: npt.ArrayLike | None = None,
    starts: int = 1024,
    trajectory_starts: int = 256,
    seed: int = 0,
) -> Dissection:
    """Finds, proves, classifies and links all fixed points of a network under a constant input.

    Parameters
    ----------
    network
        The network.
    input
        Constant input, one number for each input; zero if None.
    trajectories
        States to start from, of shape (steps, state_size) or (trials, steps,
        state_size); the network makes its own if None. The array is not changed.
    starts
        Number of random starts.
    trajectory_starts
        About how many states of the trajectories are started from, evenly spaced.
    seed
        Root of all random numbers.

    Raises
    ------
    InputError
        Inputs or trajectories that do not fit the network, or NaN in them.

    Examples
    --------
    >>> import numpy as np
    >>> import attractorlab as al
    >>> weights = {"weight_ih_l0": np.zeros((1, 1)), "weight_hh_l0": np.full((1, 1), 2.0)}
    >>> found = al.dissect(al.Network.from_arrays(weights))
    >>> found
    <Dissection: at least 3 fixed points (2 stable, 95 % interval 3 to ...), index sum 1>
    >>> found.proved
    ['stable', 'stable', 'unstable']
    """
    any_kind = Network.from_rate(network) if isinstance(network, RateNetwork) else network
    u = [0.0] * any_kind.inputs if input is None else vector("input", input).tolist()
    if len(u) != any_kind.inputs:
        raise InputError(f"input must have one entry for each of the {any_kind.inputs} inputs, got {len(u)}")
    given = None
    if trajectories is not None:
        states = real("trajectories", trajectories)
        if states.ndim == 2:
            states = states[np.newaxis]
        if states.ndim != 3:
            raise InputError(
                f"trajectories must have the shape (steps, state_size) or (trials, steps, state_size), "
                f"got {np.shape(trajectories)}"
            )
        given = [np.ascontiguousarray(trial.T) for trial in states]
    if starts < 0 or trajectory_starts < 0 or seed < 0:
        raise InputError("starts, trajectory_starts and seed must not be negative")
    found = any_kind._network.dissect(u, given, (starts, trajectory_starts), seed)
    return Dissection(
        points=found["points"],
        unstable=np.asarray(found["unstable"], dtype=np.int64),
        index=np.asarray(found["index"], dtype=np.int64),
        residual=np.asarray(found["residual"], dtype=np.float64),
        existence_radius=np.asarray(found["existence_radius"], dtype=np.float64),
        uniqueness_radius=np.asarray(found["uniqueness_radius"], dtype=np.float64),
        proved=found["proved"],
        survives_f32=np.asarray(found["survives_f32"], dtype=np.bool_),
        eigenvalues=found["eigenvalues_re"] + 1j * found["eigenvalues_im"],
        outputs=found["outputs"],
        hits=np.asarray(found["hits"], dtype=np.int64),
        links=found["links"],
        slow_points=found["slow_points"],
        slow_speeds=np.asarray(found["slow_speeds"], dtype=np.float64),
        rests=found["rests"],
        interval=found["interval"],
        share=found["share"],
        index_sum=found["index_sum"],
        overlaps=found["overlaps"],
        theory=None if found["theory"] is None else _made(found["theory"]),
    )


@dataclasses.dataclass(frozen=True)
class FixedPoints:
    """Fixed points of a function, those with most hits first."""

    points: Array
    unstable: npt.NDArray[np.int64]
    residual: Array
    hits: npt.NDArray[np.int64]
    interval: tuple[float, float]
    share: float

    def __repr__(self) -> str:
        low, high = self.interval
        return f"<FixedPoints: at least {len(self.points)}, 95 % interval {low:g} to {high:g}>"


def _fixed_points(found: dict[str, Any]) -> FixedPoints:
    return FixedPoints(
        points=found["points"],
        unstable=np.asarray(found["unstable"], dtype=np.int64),
        residual=np.asarray(found["residual"], dtype=np.float64),
        hits=np.asarray(found["hits"], dtype=np.int64),
        interval=found["interval"],
        share=found["share"],
    )


def find_fixed_points(
    function: Callable[[Array], npt.ArrayLike],
    dim: int,
    *,
    jacobian: Callable[[Array], npt.ArrayLike] | None = None,
    discrete: bool = True,
    starts: npt.ArrayLike | None = None,
    random: int = 100,
    seed: int = 0,
) -> FixedPoints:
    """Finds the fixed points of a function of yours.

    Parameters
    ----------
    function
        A map x ↦ x', or a vector field dx/dt if ``discrete`` is False; from an array of
        ``dim`` float64 to one like it.
    dim
        Number of variables.
    jacobian
        x ↦ (dim, dim) derivatives; by central differences if None.
    discrete
        Whether the function is a map.
    starts
        States to start from, of shape (count, dim).
    random
        Number of random starts, uniform in ±3.
    seed
        Root of the random numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from attractorlab import find_fixed_points
    >>> found = find_fixed_points(lambda x: x - x**3, 1, discrete=False)
    >>> sorted(found.points[:, 0].round(6).tolist())
    [-1.0, 0.0, 1.0]
    """
    if dim < 1:
        raise InputError(f"dim must be at least 1, got {dim}")
    states = np.empty((0, dim)) if starts is None else np.atleast_2d(real("starts", starts))

    def called(x: Array) -> Array:
        return np.ascontiguousarray(function(x), dtype=np.float64)

    def derived(x: Array) -> Array:
        assert jacobian is not None
        return np.ascontiguousarray(jacobian(x), dtype=np.float64)

    found = _attractorlab.find_fixed_points(
        called,
        None if jacobian is None else derived,
        dim,
        discrete,
        np.ascontiguousarray(states.T),
        (random, seed),
    )
    return _fixed_points(found)
