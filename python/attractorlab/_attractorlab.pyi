import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

__all__ = [
    "BpttTraining",
    "ChaosTheory",
    "DriveTheory",
    "EquilibriumTrainer",
    "FEEDBACK_LABELS",
    "FEEDBACK_STABILITIES",
    "Network",
    "RateNetwork",
    "FeedbackNetwork",
    "OutputCandidates",
    "OutputPrediction",
    "OutputTask",
    "ReadoutCurve",
    "ReadoutTheory",
    "SweepSession",
    "__version__",
    "all_roots",
    "average",
    "centered_pair_average",
    "digit_images",
    "draw_bulk",
    "bifurcations",
    "edge_of_chaos",
    "equilibrium_gradient_check",
    "equilibrium_states",
    "equilibrium_update",
    "equilibrium_update_at",
    "feedback_drive",
    "feedback_scatter",
    "feedback_thresholds",
    "find_fixed_points",
    "fixed_point",
    "follow_function",
    "folder_images",
    "initial_states",
    "interpolating_weights",
    "linear_course",
    "linear_landscape",
    "list_studies",
    "lyapunov_exponent",
    "outliers",
    "output_response",
    "response_metric",
    "response_metric_extremes",
    "ridge_readout",
    "measure_network",
    "pair_average",
    "phase_diagram",
    "predict",
    "response_distance",
    "run_studies",
    "simulate_f32",
    "singular_steps",
    "simulate_f64",
    "spectrum",
    "sweep_collect",
    "sweep_declaration",
    "sweep_names",
    "sweep_run",
    "sweep_status",
    "LearningFlow",
    "WeightChange",
    "descend_to_output",
    "linear_outlier",
    "linear_scaling_laws",
    "output_alignment",
    "output_explained",
    "participation_ratio",
    "procrustes_angle",
    "relative_noise_along_output",
    "relative_susceptibility",
    "third_order",
    "truncation_ranks",
    "bptt_losses",
    "task_batch",
    "task_batch_of",
    "task_describe",
    "task_dimensions",
    "psychometric_batch",
    "psychometric_curve",
    "psychometric_curves",
    "text_accuracy",
    "singular_values_along",
    "eigenvalues_along",
]

_Array = npt.NDArray[np.float64]

__version__: str
FEEDBACK_LABELS: list[str]
FEEDBACK_STABILITIES: list[str]

def average(
    transfer: str, threshold: float, product: str, mean: _Array, sd: _Array, shape: Sequence[int]
) -> _Array: ...
def pair_average(
    transfer: str, threshold: float, products: Sequence[str], law: Sequence[_Array], shape: Sequence[int]
) -> _Array: ...
def centered_pair_average(
    transfer: str, threshold: float, products: Sequence[str], law: Sequence[_Array], shape: Sequence[int]
) -> _Array: ...
def all_roots(
    function: Callable[[float], float], low: float, high: float, minimum_pieces: int, accuracy: float
) -> dict[str, Any]: ...
@final
class DriveTheory:
    def __new__(cls, transfer: str, threshold: float, g: float) -> DriveTheory: ...
    def at(self, drive: _Array, shape: Sequence[int]) -> dict[str, _Array]: ...

@final
class OutputCandidates:
    def __new__(
        cls,
        transfer: str,
        threshold: float,
        g: float,
        values: Sequence[Sequence[float]],
        context: Sequence[float],
        ridge: float,
        uniform: bool,
        law: float,
    ) -> OutputCandidates: ...
    def train(self, chosen: Sequence[int]) -> OutputPrediction: ...
    def pairs(self) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.bool_], _Array]: ...
@final
class OutputPrediction:
    def summary(self) -> dict[str, Any]: ...
    def response(
        self, state: int, omega: Sequence[float], open: bool
    ) -> npt.NDArray[np.complex128]: ...
    def kick_response(self, state: int, times: Sequence[float]) -> _Array: ...
    def static_map(self, z: Sequence[float], context: float) -> list[float]: ...
    def stationary_outputs(
        self, low: float, high: float, context: float
    ) -> list[tuple[float, float, float]]: ...

def edge_of_chaos(
    transfer: str, threshold: float, target: float
) -> tuple[float, float, float, float]: ...
@final
class OutputTask:
    def __new__(
        cls,
        transfer: str,
        threshold: float,
        bulk: _Array,
        feedback: _Array,
        targets: _Array,
        inputs: _Array,
    ) -> OutputTask: ...
    def least_squares(self, ridge: float) -> tuple[_Array, _Array, _Array]: ...
    def force(
        self, start: _Array, settings: tuple[float, float, float, int, int]
    ) -> tuple[tuple[_Array, _Array, _Array], _Array]: ...
    def test_holding(
        self, readout: _Array, states: _Array, settings: tuple[float, float, float, float], seed: int
    ) -> dict[str, Any]: ...

def output_response(
    network: RateNetwork, state: _Array, u: _Array, omega: Sequence[float], open: bool
) -> npt.NDArray[np.complex128]: ...
def feedback_drive(parameters: _Array, shape: Sequence[int]) -> _Array: ...
def feedback_scatter(
    name: str, threshold: float, parameters: _Array, shape: Sequence[int]
) -> list[_Array]: ...
def predict(
    transfer: str, threshold: float, parameters: _Array, shape: Sequence[int], verdicts: bool
) -> dict[str, Any]: ...
@final
class ReadoutCurve:
    def __new__(
        cls, transfer: str, threshold: float, network: Sequence[float], readout: Sequence[float]
    ) -> ReadoutCurve: ...
    @property
    def flex(self) -> float | None: ...
    @property
    def overlaps(self) -> tuple[float, float]: ...
    def folds(self) -> _Array: ...
    def bifurcation_targets(self, low: float, high: float) -> _Array: ...
    def sweep(self, targets: _Array, shape: Sequence[int], verdicts: bool) -> dict[str, Any]: ...
    def map(self, overlap_feedback: _Array, overlap_input: _Array, z: _Array) -> _Array: ...

@final
class RateNetwork:
    def __new__(
        cls,
        bulk: _Array,
        feedback: _Array,
        feedback_readout: _Array,
        units: tuple[str, float, str, float, float],
        input_weights: _Array,
        bias: _Array,
        readout: _Array,
    ) -> RateNetwork: ...
    @staticmethod
    def read(path: str | os.PathLike[str]) -> RateNetwork: ...
    def write(self, path: str | os.PathLike[str]) -> None: ...
    def units(self) -> tuple[str, float, str, float, float]: ...
    def bulk(self) -> _Array: ...
    def loops(self) -> tuple[_Array, _Array]: ...
    def input_weights(self) -> _Array: ...
    def bias(self) -> _Array: ...
    def readout(self) -> _Array: ...
    def velocity(self, states: _Array, input: Sequence[float]) -> _Array: ...
    def output(self, states: _Array) -> _Array: ...

@final
class Network:
    @staticmethod
    def read(
        path: str | os.PathLike[str], transfer: str | None, readout: str | None, map: str | None
    ) -> Network: ...
    @staticmethod
    def from_arrays(
        values: Mapping[str, npt.NDArray[Any]],
        metadata: Mapping[str, str],
        transfer: str | None,
        readout: str | None,
        map: str | None,
    ) -> Network: ...
    def to_arrays(self) -> tuple[dict[str, _Array], dict[str, str]]: ...
    def write(self, path: str | os.PathLike[str]) -> None: ...
    def kind(self) -> str: ...
    def sizes(self) -> tuple[int, int, int, int]: ...
    def initial_state(self) -> _Array: ...
    def run(self, inputs: _Array, start: _Array | None) -> _Array: ...
    def output(self, state: _Array) -> _Array: ...
    def jacobian(self, state: _Array, input: Sequence[float]) -> _Array: ...
    def dissect(
        self,
        input: Sequence[float],
        trajectories: Sequence[_Array] | None,
        starts: tuple[int, int],
        seed: int,
    ) -> dict[str, Any]: ...
    @staticmethod
    def of_rate(network: RateNetwork) -> Network: ...
    def find_under_inputs(
        self, states: _Array, inputs: _Array, seed: int
    ) -> list[tuple[list[float], dict[str, Any]]]: ...
    def low_rank_states(self, input: Sequence[float], g: float | None) -> dict[str, Any]: ...

def feedback_thresholds(
    transfer: tuple[str, float], network: Sequence[float], target: float
) -> tuple[float, float]: ...
def response_metric(weights: _Array, of: _Array, inverse: bool) -> _Array: ...
def response_metric_extremes(weights: _Array) -> tuple[float, float]: ...
def ridge_readout(rates: _Array, targets: _Array, ridge: float) -> _Array: ...
def find_fixed_points(
    function: Callable[[_Array], npt.ArrayLike],
    jacobian: Callable[[_Array], npt.ArrayLike] | None,
    dim: int,
    discrete: bool,
    starts: _Array,
    random_seed: tuple[int, int],
) -> dict[str, Any]: ...
def bifurcations(
    network: Network,
    along: str,
    inputs: tuple[Sequence[float], Sequence[float]],
    other: Network | None,
    values: Sequence[float],
    settings: tuple[float, float, float, int, int],
) -> tuple[list[dict[str, Any]], bool, list[tuple[float, int]]]: ...
def follow_function(
    function: Callable[[_Array, float], npt.ArrayLike],
    jacobian: Callable[[_Array, float], npt.ArrayLike] | None,
    discrete: bool,
    starts: _Array,
    parameters: Sequence[float],
    settings: tuple[float, float, float],
) -> tuple[list[dict[str, Any]], bool]: ...
def draw_bulk(
    kind: str, parameters: Sequence[float], units: int, seed: int, replicate: int
) -> tuple[_Array, float]: ...

_Settings = tuple[float, int, str, str, Sequence[int], int, int, int | None]

def simulate_f64(
    network: RateNetwork,
    start: _Array,
    constant: _Array | None,
    varying: _Array | None,
    settings: _Settings,
) -> dict[str, Any]: ...
def simulate_f32(
    network: RateNetwork,
    start: npt.NDArray[np.float32],
    constant: _Array | None,
    varying: _Array | None,
    settings: _Settings,
) -> dict[str, Any]: ...
def initial_states(units: int, trials: int, sd: float, seed: int) -> _Array: ...
def fixed_point(
    network: RateNetwork, start: _Array, u: _Array, options: tuple[float, int, int, int]
) -> dict[str, Any]: ...
def spectrum(network: RateNetwork, state: _Array, u: _Array) -> npt.NDArray[np.complex128]: ...
def outliers(network: RateNetwork, state: _Array, u: _Array, margin: float) -> dict[str, Any]: ...
def lyapunov_exponent(
    network: RateNetwork, start: _Array, u: _Array, options: tuple[float, int, int, int, int]
) -> tuple[float, float, _Array, float]: ...
@final
class ChaosTheory:
    def __new__(cls, transfer: str, threshold: float, g: float) -> ChaosTheory: ...
    @property
    def critical_drive(self) -> float: ...
    def activity(self, drive: _Array, shape: Sequence[int]) -> dict[str, Any]: ...
    def state(self, drive: float) -> tuple[float, float, float, _Array, float]: ...

@final
class ReadoutTheory:
    def __new__(
        cls,
        transfer: str,
        threshold: float,
        network: Sequence[float],
        readout: tuple[str, list[float]],
        target: float,
    ) -> ReadoutTheory: ...
    def map(self, z: _Array, shape: Sequence[int]) -> _Array: ...
    def forecast(self) -> dict[str, Any]: ...

def phase_diagram(
    transfer: str,
    threshold: float,
    network: Sequence[float],
    target: float,
    readout: tuple[str, list[float]],
    x: tuple[str, float, float, int],
    y: tuple[str, float, float, int],
    tolerance: float,
) -> tuple[npt.NDArray[np.int8], list[tuple[int, int, _Array, _Array]]]: ...
def measure_network(
    bulk: _Array, feedback: _Array, input: _Array, readout: _Array
) -> tuple[list[float], list[float], float, bool]: ...
@final
class FeedbackNetwork:
    def __new__(
        cls, transfer: str, threshold: float, bulk: _Array, feedback: _Array, input: _Array
    ) -> FeedbackNetwork: ...
    def clamped_state(self, z: float) -> _Array: ...
    def train(
        self, rule: str, target: float, numbers: Sequence[float], start: _Array | None
    ) -> tuple[_Array, _Array, float, bool]: ...
    def verdict(
        self, readout: _Array, target: float, reach: float | None, tolerance: float
    ) -> dict[str, Any]: ...
    def release(
        self, readout: _Array, starts: _Array, numbers: Sequence[float]
    ) -> tuple[_Array, _Array, npt.NDArray[np.bool_]]: ...

@final
class LearningFlow:
    @staticmethod
    def large(g: float) -> LearningFlow: ...
    @staticmethod
    def of_network(weights: _Array, input: list[float], readout: list[float]) -> LearningFlow: ...
    def initial_output(self) -> float: ...
    def trained(self, target: float) -> dict[str, Any]: ...
    def at_times(self, target: float, times: list[float]) -> list[dict[str, Any]]: ...
    def convergence(self, target: float, fraction: float) -> tuple[float, float, float]: ...
    def shuffled_loss(self, target: float) -> float | None: ...

def third_order(g: float, target: float, times: _Array) -> tuple[_Array, _Array, _Array, float]: ...
def linear_scaling_laws(g: float) -> tuple[float, float, float, float]: ...
def linear_outlier(g: float, singular_value: float) -> tuple[float, bool]: ...
def descend_to_output(
    weights: _Array,
    input: list[float],
    readout: list[float],
    target: float,
    learning_rate: float,
    epochs: int,
) -> tuple[_Array, _Array, _Array, float, str, int | None]: ...
@final
class WeightChange:
    def __new__(cls, initial: _Array, trained: _Array) -> WeightChange: ...
    def decomposition(self) -> dict[str, Any]: ...
    def truncated(self, rank: int) -> _Array: ...
    def shuffled(self, seed: int) -> _Array: ...
    def significance(self, count: int) -> list[tuple[float, float, float, float]]: ...
    def significant_rank(self, level: float) -> int: ...
    def spectra(self) -> list[npt.NDArray[np.complex128]]: ...
    def overlaps(self, inputs: _Array, readouts: _Array, count: int) -> dict[str, Any]: ...

def singular_values_along(initial: _Array, snapshots: list[_Array], count: int) -> list[list[float]]: ...
def eigenvalues_along(
    snapshots: list[_Array], count: int
) -> list[npt.NDArray[np.complex128]]: ...
def truncation_ranks(losses: list[float], fraction: float) -> tuple[int | None, int | None]: ...
def output_alignment(weights: _Array, states: _Array) -> float: ...
def procrustes_angle(first: _Array, second: _Array) -> float: ...
def participation_ratio(states: _Array) -> float: ...
def output_explained(states: _Array, outputs: _Array, most: int, ridge: float) -> list[float]: ...
def relative_noise_along_output(weights: _Array, fluctuations: _Array) -> float: ...
def relative_susceptibility(
    weights: _Array, states: _Array, amplitudes: list[float], loss: Callable[[_Array, float], float]
) -> tuple[list[float], list[float], float]: ...
def list_studies() -> str: ...
_States = tuple[str, float, int, int, int, str, float, int, str]
_Goal = tuple[_Array | None, _Array | None, list[int] | None]
_Pixels = tuple[bytes | list[int], list[int], tuple[int, int], int]

def equilibrium_states(
    transfer: tuple[str, float], weights: _Array, drive: _Array, start: _Array | None, states: _States
) -> dict[str, Any]: ...
def equilibrium_update(
    name: str,
    rate: float,
    transfer: tuple[str, float],
    weights: _Array,
    drive: _Array,
    goal: _Goal,
    states: _States,
) -> dict[str, Any]: ...
def equilibrium_update_at(
    name: str,
    rate: float,
    weights: _Array,
    drive: _Array,
    given: tuple[_Array, _Array],
    goal: _Goal,
) -> dict[str, Any]: ...
def equilibrium_gradient_check(
    transfer: tuple[str, float], weights: _Array, drive: _Array, goal: _Goal, directions: int, seed: int
) -> dict[str, Any]: ...
@final
class EquilibriumTrainer:
    def __new__(
        cls,
        name: str,
        transfer: tuple[str, float],
        weights: _Array,
        states: _States,
        descent: tuple[str, float, float, float | None],
        warm_start: bool,
        precision: str,
    ) -> EquilibriumTrainer: ...
    def step(self, drive: _Array, goal: _Goal) -> dict[str, Any]: ...
    def weights(self) -> _Array: ...
    def save(self, path: str | os.PathLike[str], configuration: str) -> None: ...
    def load(self, path: str | os.PathLike[str], configuration: str) -> None: ...

def linear_course(
    rule: str, inputs: _Array, targets: _Array, weights: _Array, rate: float, steps: int, every: int
) -> tuple[_Array, _Array]: ...
def linear_landscape(
    inputs: _Array,
    targets: _Array,
    centre: _Array,
    directions: Sequence[_Array],
    coordinates: Sequence[Sequence[float]],
    with_growth: bool,
) -> list[_Array]: ...
def singular_steps(weights: _Array, direction: _Array) -> list[float]: ...
def response_distance(first: _Array, second: _Array) -> float: ...
def interpolating_weights(inputs: _Array, targets: _Array) -> _Array: ...
def digit_images() -> _Pixels: ...
def folder_images(folder: str | os.PathLike[str]) -> tuple[_Pixels, _Pixels]: ...
def run_studies(
    ids: list[str] | None,
    preset: str,
    seed: int,
    threads: int | None,
    output: str | os.PathLike[str] | None,
    data: str | os.PathLike[str] | None = None,
) -> str: ...
def sweep_names() -> list[str]: ...
def sweep_run(
    plan: str, out: str | os.PathLike[str], threads: int | None, retry_failed: bool
) -> str: ...
def sweep_declaration(out: str | os.PathLike[str]) -> str | None: ...
def sweep_status(out: str | os.PathLike[str]) -> str: ...
def sweep_collect(out: str | os.PathLike[str]) -> int: ...
@final
class SweepSession:
    def __new__(
        cls, plan: str, out: str | os.PathLike[str], declaration: str, retry_failed: bool
    ) -> SweepSession: ...
    def todo(self) -> list[int]: ...
    def point(self, point: int) -> tuple[dict[str, Any], int]: ...
    def keep(
        self, point: int, measures: dict[str, Any] | None, message: str | None, seconds: float
    ) -> None: ...
    def finish(self) -> str: ...

@final
class BpttTraining:
    def __new__(
        cls,
        task: str | tuple[int, int, int, float, Callable[..., Any], str],
        options: str,
        cell: str,
        units: int,
        g: float,
        transfer_name: tuple[str, float],
        readout_transfer: tuple[str, float],
        noise: tuple[float, float],
        layers: tuple[int, float],
        precision: str,
        replicate: int,
        weights: Mapping[str, _Array],
        resume: str | os.PathLike[str] | None,
    ) -> BpttTraining: ...
    def run(self, epochs: int | None) -> tuple[str, int | None]: ...
    def status(self) -> tuple[str, int | None]: ...
    def losses(self) -> _Array: ...
    def gradient_norms(self) -> _Array: ...
    def names(self) -> list[str]: ...
    def matrix(self, name: str, snapshot: int | None) -> _Array: ...
    def initial_matrix(self, name: str) -> _Array: ...
    def snapshot_epochs(self) -> list[int]: ...
    def save(self, path: str | os.PathLike[str]) -> None: ...
    def network(self) -> Network: ...
    def evaluate(
        self, trials: int, arrays: tuple[_Array, _Array, _Array], weights: Mapping[str, _Array]
    ) -> tuple[float, _Array]: ...
    def gradient(
        self, trials: int, arrays: tuple[_Array, _Array, _Array]
    ) -> tuple[float, dict[str, _Array]]: ...
    def check_gradient(self, trials: int, seed: int) -> list[tuple[str, float, float, float]]: ...

def bptt_losses() -> list[str]: ...
def task_batch(
    text: str, seed: int, step: int | None, trials: int
) -> tuple[_Array, _Array, _Array]: ...
def task_batch_of(
    text: str, trials: Sequence[Any], seed: int
) -> tuple[_Array, _Array, _Array]: ...
def task_describe(text: str) -> str: ...
def psychometric_batch(text: str, seed: int, trials: int) -> tuple[_Array, _Array, _Array]: ...
def psychometric_curves(
    text: str, seed: int, trials: int, outputs: _Array, width: float
) -> list[tuple[str, list[tuple[float, int, int]]]]: ...
def psychometric_curve(
    stimuli: list[float], chosen: list[bool], width: float
) -> list[tuple[float, int, int]]: ...
def text_accuracy(outputs: _Array, targets: _Array, mask: _Array) -> float: ...
def task_dimensions(text: str) -> tuple[int, int, int, float]: ...
