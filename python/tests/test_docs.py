"""The examples in the docstrings and in the guide."""

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

GUIDE = pathlib.Path(__file__).parents[2] / "docs" / "src" / "guide"


@pytest.mark.parametrize("module", MODULES)
def test_examples_of(module: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(importlib.import_module(module), optionflags=flags).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) >= 12


PAGES = [page for page in GUIDE.glob("*.md") if ">>>" in page.read_text(encoding="utf-8")]


def test_the_guide_has_examples() -> None:
    assert len(PAGES) >= 7


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_guide_says_what_happens(page: pathlib.Path) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    found = doctest.testfile(str(page), module_relative=False, optionflags=flags, encoding="utf-8")
    assert found.failed == 0 and found.attempted >= 8
