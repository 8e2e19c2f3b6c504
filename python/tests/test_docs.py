"""The examples in the docstrings."""

import doctest
import importlib
import pathlib
import pkgutil

import pytest

import attractorlab

MODULES = ["attractorlab"] + [
    module.name
    for module in pkgutil.walk_packages(attractorlab.__path__, "attractorlab.")
    if not module.name.endswith("._attractorlab")
]


@pytest.mark.parametrize("module", MODULES)
def test_examples_of(module: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(importlib.import_module(module), optionflags=flags).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) >= 12


@pytest.mark.parametrize(("page", "least"), [("predict", 15), ("networks", 10), ("dissect", 8), ("train-tasks", 15)])
def test_the_guide_says_what_happens(page: str, least: int) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    guide = pathlib.Path(__file__).parents[2] / "docs" / "src" / "guide" / f"{page}.md"
    found = doctest.testfile(str(guide), module_relative=False, optionflags=flags, encoding="utf-8")
    assert found.failed == 0 and found.attempted >= least
