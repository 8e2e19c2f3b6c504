import os
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

__all__ = [
    "ChaosTheory",
    "DriveTheory",
    "FEEDBACK_LABELS",
    "FEEDBACK_STABILITIES",
    "FeedbackNetwork",
    "ReadoutCurve",
    "ReadoutTheory",
    "SweepSession",
    "__version__",
    "all_roots",
    "average",
    "centered_pair_average",
    "feedback_drive",
    "list_studies",
    "measure_network",
    "pair_average",
    "phase_diagram",
    "predict",
    "run_studies",
    "sweep_collect",
    "sweep_declaration",
    "sweep_names",
    "sweep_run",
    "sweep_status",
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

def feedback_drive(parameters: _Array, shape: Sequence[int]) -> _Array: ...
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

def list_studies() -> str: ...
def run_studies(
    ids: list[str] | None,
    preset: str,
    seed: int,
    threads: int | None,
    output: str | os.PathLike[str] | None,
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
