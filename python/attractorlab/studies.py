"""Studies: figures and claims of papers, put to the test.

>>> from attractorlab import studies
>>> studies.run([], seed=7)
[]
"""

from __future__ import annotations

import builtins
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from attractorlab import _attractorlab

__all__ = ["Claim", "Study", "StudyResult", "list", "run"]


@dataclass(frozen=True)
class Study:
    """A question with an answer that can be checked."""

    id: str
    """``PAPER/NAME``."""
    title: str
    question: str


@dataclass(frozen=True, repr=False)
class Claim:
    """A sentence of a paper, or a consequence of the theory, with its verdict."""

    id: str
    statement: str
    source: str
    """Where the sentence comes from."""
    expected: float | str | None
    """What should be measured; ``None`` stands for a number that is not finite."""
    measured: float | str | None
    tolerance: float | None
    """Allowed difference; ``None`` for labels and counts."""
    comparison: Literal["within", "at-least", "at-most", "equal"]
    why: str
    """Why the tolerance is as wide as it is."""
    holds: bool

    def __repr__(self) -> str:
        relation = {"within": "=", "at-least": "≥", "at-most": "≤", "equal": "="}[self.comparison]
        allowed = f" ± {self.tolerance:.3g}" if self.tolerance else ""
        verdict = "holds" if self.holds else "FAILS"
        return f"<Claim {self.id} {verdict}: measured {self.measured}, expected {relation} {self.expected}{allowed}>"


@dataclass(frozen=True, repr=False)
class StudyResult:
    """A study that was run."""

    id: str
    title: str
    question: str
    version: str
    preset: Literal["quick", "full"]
    seed: int
    seconds: float
    error: str | None
    """Why it could not run; ``None`` if it ran."""
    claims: tuple[Claim, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether it ran and every claim holds."""
        return self.error is None and all(claim.holds for claim in self.claims)

    def __repr__(self) -> str:
        if self.error is not None:
            return f"<StudyResult {self.id}: could not run: {self.error}>"
        held = sum(claim.holds for claim in self.claims)
        return (
            f"<StudyResult {self.id}: {held} of {len(self.claims)} claims hold, "
            f"{self.preset}, seed {self.seed}, {self.seconds:.1f} s>"
        )


def list() -> builtins.list[Study]:
    """All studies, in the order in which they are run."""
    return [Study(**study) for study in json.loads(_attractorlab.list_studies())]


def run(
    ids: str | Iterable[str] | None = None,
    *,
    preset: Literal["quick", "full"] = "quick",
    seed: int = 1,
    threads: int | None = None,
    output: str | os.PathLike[str] | None = None,
    data: str | os.PathLike[str] | None = None,
) -> builtins.list[StudyResult]:
    """Run studies and return their results, in order.

    A claim that fails, or a study that could not run, is a result to look at
    (``result.holds``, ``result.error``), not an exception. The GIL is released,
    and Ctrl-C stops the run.

    Parameters
    ----------
    ids
        ``PAPER/NAME``, or ``PAPER`` for all of its studies, or several of
        these; ``None`` for every study.
    preset
        ``"quick"``: a few seconds a study. ``"full"``: the papers' own sizes.
    seed
        Root of all random numbers, from 0 to 2**64 - 1.
    threads
        Threads to use; all cores if ``None``. Results do not depend on it.
    output
        Folder for the files that ``attractorlab study run -o`` writes.
    data
        Folder with MNIST's four IDX files, plain or gzipped, for the studies of
        images; without it they use the 8x8 digits of the program.

    Raises
    ------
    UnknownStudyError
        An id names no study.
    InputError
        ``threads`` is 0, or ``preset`` is neither word.
    OutputError
        The folder cannot be written; found out before anything runs.
    """
    chosen = None if ids is None else [ids] if isinstance(ids, str) else [*ids]
    results = json.loads(_attractorlab.run_studies(chosen, preset, seed, threads, output, data))
    return [
        StudyResult(**{**result, "claims": tuple(Claim(**claim) for claim in result["claims"])})
        for result in results
    ]
