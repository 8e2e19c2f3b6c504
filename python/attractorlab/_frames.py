"""Results as tables of pandas and labelled arrays of xarray, where these are installed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any


def table(columns: Mapping[str, Any]) -> Any:
    """A ``pandas.DataFrame``."""
    return _module("pandas").DataFrame(dict(columns))


def labelled(
    variables: Mapping[str, tuple[Sequence[str], Any]], coordinates: Mapping[str, Any], **attributes: Any
) -> Any:
    """An ``xarray.Dataset``."""
    return _module("xarray").Dataset(dict(variables), coords=dict(coordinates), attrs=attributes)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"this needs {name}: pip install {name}") from error
