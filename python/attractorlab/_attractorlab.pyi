import os
from typing import Any, final

__all__ = [
    "SweepSession",
    "__version__",
    "list_studies",
    "run_studies",
    "sweep_collect",
    "sweep_declaration",
    "sweep_names",
    "sweep_run",
    "sweep_status",
]

__version__: str

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
