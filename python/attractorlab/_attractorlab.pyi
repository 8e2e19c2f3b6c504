import os
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

__all__ = [
    "DriveTheory",
    "FEEDBACK_LABELS",
    "FEEDBACK_STABILITIES",
    "OutputPrediction",
    "ReadoutCurve",
    "SweepSession",
    "__version__",
    "all_roots",
    "average",
    "centered_pair_average",
    "edge_of_chaos",
    "feedback_drive",
    "list_studies",
    "pair_average",
    "predict",
    "run_studies",
    "sweep_collect",
    "sweep_declaration",
    "sweep_names",
    "sweep_run",
    "sweep_status",
    "train_outputs",
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
class OutputPrediction:
    def __new__(
        cls,
        transfer: str,
        threshold: float,
        g: float,
        targets: Sequence[Sequence[float]],
        context: Sequence[float],
        ridge: float,
        uniform: bool,
        law: float,
    ) -> OutputPrediction: ...
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
def train_outputs(
    transfer: str,
    threshold: float,
    bulk: _Array,
    feedback: _Array,
    targets: _Array,
    inputs: _Array,
    ridge: float,
) -> tuple[_Array, _Array, list[float]]: ...
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
