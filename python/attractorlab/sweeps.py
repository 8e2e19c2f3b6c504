"""Sweeps over parameters and seeds, with results in a folder of Parquet files."""

from __future__ import annotations

import importlib
import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from attractorlab import _attractorlab
from attractorlab.errors import InputError

__all__ = ["Executor", "Sweep", "sweep"]

# A sequence of values, or a mapping that spreads them: precise types would refuse most dicts of mixed axes.
Axis = Any


class Executor(Protocol):
    """Whatever has ``submit``: ``concurrent.futures``' executors, Dask's client."""

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """Start a call, and return something with ``result()``."""


@dataclass(frozen=True)
class Sweep:
    """A sweep's folder, and what the last call did.

    ``pandas.read_parquet(sweep.path)`` and ``polars.scan_parquet(sweep.path)``
    read it, one row a point.
    """

    path: Path
    points: int
    before: int
    """Points that were finished before the call."""
    done: int
    """Points that the call computed."""
    failed: int
    """Points that failed: rows whose status is ``failed``."""

    def status(self) -> dict[str, Any]:
        """How far the sweep is: what ``attractorlab sweep status --json`` prints."""
        status: dict[str, Any] = json.loads(_attractorlab.sweep_status(self.path))
        return status

    def to_pandas(self) -> Any:
        """All points that are finished, one row each. Needs pandas and pyarrow."""
        return importlib.import_module("pandas").read_parquet(self.path)

    def collect(self) -> int:
        """Make one table of all parts, in the order of the plan; return its number of rows."""
        return _attractorlab.sweep_collect(self.path)


def sweep(
    what: str | Callable[..., Any],
    axes: Mapping[str, Axis],
    *,
    out: str | os.PathLike[str],
    seeds: int | Sequence[int] | None = None,
    fixed: Mapping[str, Any] | None = None,
    zipped: Iterable[Mapping[str, Axis]] = (),
    measures: Mapping[str, type] | None = None,
    version: int = 1,
    executor: Executor | None = None,
    threads: int | None = None,
    retry_failed: bool = False,
) -> Sweep:
    """Run something over every combination of axes and seeds, and keep each point as a row.

    Calling again with the same arguments continues: finished points are never
    computed again. A point that raises is a row with its message. Ctrl-C keeps
    what is finished.

    Parameters
    ----------
    what
        A name of ``attractorlab sweep list``, or a function. A function is
        called with the parameters as keyword arguments, and with ``seed`` if
        ``seeds`` is given; it returns a number, or a mapping from names of
        measures to numbers, words, truth values or ``None``.
    axes
        Name of each parameter with its values, or with one of
        ``{"range": [a, b], "points": n}``, ``"log-range"``, ``"uniform"``,
        ``"log-uniform"``. The first axis is the outermost.
    out
        Folder of the sweep. Two sweeps do not share one.
    seeds
        How many seeds, from 0, or which.
    fixed
        Parameters with one value.
    zipped
        Groups of axes that move together.
    measures
        For a function: names and types (float, int, str, bool) of what it
        returns. Without it they are those of the first point, which is then
        computed at once. For a name: which measures to keep.
    version
        For a function: raise it when its results change. Results of two
        versions are never mixed.
    executor
        For a function: computes the points, with at most a few hundred handed
        over at a time; without one they are computed here, one after the other.
    threads
        For a name: threads to use; all cores if ``None``.
    retry_failed
        Run points again that failed.

    Raises
    ------
    InputError
        An argument is wrong, or the folder holds another sweep.
    OutputError
        The folder cannot be written.

    Examples
    --------
    >>> import attractorlab as al, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     al.sweep("theory.feedback", {"g": [0.3, 0.8], "target": [1.0]}, out=folder + "/a").done
    ...     al.sweep(lambda x: x * x, {"x": [1.0, 2.0, 3.0]}, out=folder + "/b").done
    2
    3
    """
    groups = [dict(group) for group in zipped]
    fixed = dict(fixed or {})
    for name, values in [item for group in [axes, *groups] for item in group.items()]:
        if not isinstance(values, Mapping) and not _is_list(values):
            raise InputError(f"axis '{name}' is {values!r}: give a list of values, or a single value in fixed")
        if len(values) == 0:
            raise InputError(f"axis '{name}' is empty")
    if isinstance(what, str):
        if executor is not None:
            raise InputError("an executor is for functions; what attractorlab ships runs on threads of its own")
        keep = None if measures is None else [*measures]
        plan = _plan(what, axes, groups, fixed, seeds, keep)
        ran = json.loads(_attractorlab.sweep_run(plan, out, threads, retry_failed))
        return Sweep(path=Path(out), **ran)
    if threads is not None:
        raise InputError("threads are for what attractorlab ships; give a function an executor")
    label = f"python.{what.__module__}.{getattr(what, '__qualname__', type(what).__name__)}"
    plan = _plan(label, axes, groups, fixed, seeds, None)
    random = seeds is not None
    parameters = {
        parameter: _kind(values) for group in [axes, *groups] for parameter, values in group.items()
    } | {parameter: _kind([value]) for parameter, value in fixed.items()}
    declaration = _attractorlab.sweep_declaration(out)
    first: tuple[dict[str, Any], float] | None = None
    if measures is not None:
        columns = {measure: _KINDS.get(kind, "") for measure, kind in measures.items()}
    elif declaration is not None:
        columns = json.loads(declaration)["measures"]
    else:
        arguments = {parameter: _first(values) for group in [axes, *groups] for parameter, values in group.items()}
        # A range has no first value here; the folder's own reading of the plan would be needed for it.
        if any(value is None for value in arguments.values()):
            raise InputError("say which measures there are, measures={'name': float}, if an axis is a range")
        seed = 0 if seeds is None or isinstance(seeds, int) else next(iter(seeds), 0)
        converted = {
            parameter: float(value) if parameters[parameter] == "number" else value
            for parameter, value in (arguments | fixed).items()
        }
        start = time.perf_counter()
        first = _named(what(**converted, **({"seed": seed} if random else {}))), time.perf_counter() - start
        columns = {measure: _kind([value]) for measure, value in first[0].items()}
    text = json.dumps(
        {"name": label, "version": version, "random": random, "parameters": parameters, "measures": columns}
    )
    session = _attractorlab.SweepSession(plan, out, text, retry_failed)
    try:
        todo = session.todo()
        if first is not None and todo and todo[0] == 0:
            session.keep(0, _fitting(first[0], columns), None, first[1])
            todo = todo[1:]
        for point, measured, message, seconds in _compute(what, session, todo, random, executor):
            session.keep(point, None if measured is None else _fitting(measured, columns), message, seconds)
    finally:
        # Also after Ctrl-C: what is finished is kept.
        ran = json.loads(session.finish())
    return Sweep(path=Path(out), **ran)


_KINDS: dict[type, str] = {float: "number", int: "integer", str: "text", bool: "truth"}

_Ended = tuple[dict[str, Any] | None, str | None, float]


def _call(function: Callable[..., Any], arguments: dict[str, Any]) -> _Ended:
    """One point, wherever it is computed."""
    start = time.perf_counter()
    try:
        measures, message = _named(function(**arguments)), None
    except Exception as error:  # whatever a function raises is the row's message
        measures, message = None, f"{type(error).__name__}: {error}"
    return measures, message, time.perf_counter() - start


def _compute(
    function: Callable[..., Any],
    session: _attractorlab.SweepSession,
    todo: Sequence[int],
    random: bool,
    executor: Executor | None,
) -> Iterator[tuple[int, dict[str, Any] | None, str | None, float]]:
    def arguments(point: int) -> dict[str, Any]:
        values, seed = session.point(point)
        return {**values, "seed": seed} if random else values

    if executor is None:
        for point in todo:
            yield (point, *_call(function, arguments(point)))
        return
    # A window: a million points are not handed over at once.
    window: deque[tuple[int, Future[_Ended]]] = deque()
    try:
        for point in todo:
            window.append((point, executor.submit(_call, function, arguments(point))))
            if len(window) >= 256:
                yield _ended(*window.popleft())
        while window:
            yield _ended(*window.popleft())
    finally:
        for _, future in window:
            future.cancel()


def _ended(point: int, future: Future[_Ended]) -> tuple[int, dict[str, Any] | None, str | None, float]:
    return (point, *future.result())


def _plain(value: Any) -> Any:
    """A NumPy scalar, or array of one, as what it holds."""
    return value.item() if hasattr(value, "item") else value


def _named(result: Any) -> dict[str, Any]:
    if isinstance(result, Mapping):
        return {str(name): _plain(value) for name, value in result.items()}
    return {"value": _plain(result)}


def _fitting(measures: dict[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """Whole numbers where the column has numbers."""
    return {
        name: float(value) if columns.get(name) == "number" and type(value) is int else value
        for name, value in measures.items()
    }


def _kind(values: Axis) -> str:
    if isinstance(values, Mapping):
        ends = [end for spread in values.values() if _is_list(spread) for end in spread]
        steps = [values["step"]] if "step" in values else []
        # Whole ends with a whole step are the only spread that surely meets whole numbers alone.
        return "integer" if steps and all(type(end) is int for end in ends + steps) else "number"
    kinds = {type(_plain(value)) for value in values}
    if kinds <= {int, float} and float in kinds:
        return "number"
    kind = _KINDS.get(next(iter(kinds))) if len(kinds) == 1 else None
    if kind is None:
        raise InputError(f"cannot tell the type of {[*values]!r}: numbers, words or truth values, of one kind")
    return kind


def _first(values: Axis) -> Any:
    if isinstance(values, Mapping):
        return None
    return _plain(next(iter(values), None))


def _toml(value: Any) -> str:
    value = _plain(value) if not isinstance(value, (str, Mapping)) and not _is_list(value) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(str(key))} = {_toml(item)}" for key, item in value.items()) + " }"
    if _is_list(value):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    raise InputError(f"{value!r} is neither a number, a word, a truth value nor a list of these")


def _is_list(value: Any) -> bool:
    if getattr(value, "ndim", None) == 0:
        return False
    return hasattr(value, "__len__") and hasattr(value, "__iter__") and not isinstance(value, (str, Mapping))


def _plan(
    what: str,
    axes: Mapping[str, Axis],
    groups: Sequence[Mapping[str, Axis]],
    fixed: Mapping[str, Any],
    seeds: int | Sequence[int] | None,
    keep: Sequence[str] | None,
) -> str:
    lines = ["[run]", f"what = {json.dumps(what)}"]
    if seeds is not None:
        lines.append(f"seeds = {_toml(seeds)}")
    for header, table in [("[axes]", axes), *(("[[zip]]", group) for group in groups), ("[fixed]", fixed)]:
        if table:
            lines += [header, *(f"{json.dumps(str(name))} = {_toml(value)}" for name, value in table.items())]
    if keep is not None:
        lines += ["[measure]", f"keep = {_toml(list(keep))}"]
    return "\n".join(lines) + "\n"
