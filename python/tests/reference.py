"""Independent reference values, as data."""

import json
import pathlib
import re
from typing import Any

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "reference"


def cases(file: str, kind: str) -> list[Any]:
    """The cases of one kind, which must not be none."""
    data = json.loads((FOLDER / f"{file}.json").read_text())
    found = [case for case in data["cases"] if case["kind"] == kind]
    assert found, f"no case of kind {kind} in {file}"
    return found


def name(case: Any) -> str:
    """For pytest's lists."""
    return str(case["id"])


def check(case: Any, what: str, found: float, expected: float) -> None:
    """Asserts that a number lies within the tolerance of its case."""
    if "tolerance" in case:
        allowed = case["tolerance"]["abs"] + case["tolerance"]["rel"] * abs(expected)
    else:
        words = re.fullmatch(r"abs (\S+)", case["tol"])
        assert words, case["tol"]
        allowed = float(words[1])
    assert abs(found - expected) <= allowed, (case["id"], what, found, expected, allowed)
