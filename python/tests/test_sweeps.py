from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attractorlab as al
import pytest
from attractorlab.errors import InputError


def walk(x: float, seed: int, mode: str = "fine") -> dict[str, Any]:
    if mode == "fails":
        raise ValueError("it was told to fail")
    return {"end": x + seed, "word": "far" if x > 1 else "near", "count": 3, "large": x > 1}


def test_what_is_shipped_is_swept_by_name(tmp_path: Path) -> None:
    axes = {"g": [0.3, 0.8], "target": {"range": [0.5, 2.0], "points": 4}}
    first = al.sweep("theory.feedback", axes, out=tmp_path / "a", fixed={"rho": 0.5})
    assert (first.points, first.before, first.done, first.failed) == (8, 0, 8, 0)
    again = al.sweep("theory.feedback", axes, out=tmp_path / "a", fixed={"rho": 0.5})
    assert (again.before, again.done) == (8, 0)
    assert again.collect() == 8
    assert again.status()["complete"]


@pytest.mark.parametrize("make", [None, ThreadPoolExecutor, ProcessPoolExecutor])
def test_a_function_is_swept(make: Callable[[int], Any] | None, tmp_path: Path) -> None:
    axes = {"x": [0.5, 1.5, 2.5], "mode": ["fine", "fails"]}
    executor = make(2) if make else None
    swept = al.sweep(walk, axes, seeds=2, out=tmp_path / "walk", executor=executor)
    assert (swept.points, swept.done, swept.failed) == (12, 12, 6)
    again = al.sweep(walk, axes, seeds=2, out=tmp_path / "walk")
    assert (again.before, again.done) == (12, 0)
    retried = al.sweep(walk, axes, seeds=2, out=tmp_path / "walk", retry_failed=True)
    assert (retried.before, retried.done) == (6, 6)
    status = swept.status()
    assert (status["finished"], status["failed"]) == (12, 6)
    assert swept.collect() == 12
    if executor is not None:
        executor.shutdown()


def test_a_number_is_a_measure(tmp_path: Path) -> None:
    assert al.sweep(lambda x: x * x, {"x": [1.0, 2.0]}, out=tmp_path / "a").done == 2
    ranged = {"x": {"range": [0.0, 1.0], "points": 5}}
    assert al.sweep(lambda x: x, ranged, measures={"value": float}, out=tmp_path / "b").done == 5


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path) -> None:
    def stops(x: float) -> float:
        if x == 3:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt):
        al.sweep(stops, {"x": [0.0, 1.0, 2.0, 3.0]}, out=tmp_path / "a")
    assert al.sweep(lambda: 0.0, {}, out=tmp_path / "other").done == 1
    assert al.Sweep(tmp_path / "a", 0, 0, 0, 0).status()["finished"] == 3


def test_slips_are_met_with_suggestions(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'theory.feedback'"):
        al.sweep("theory.fedback", {"g": [1.0]}, out=tmp_path / "a")
    with pytest.raises(InputError, match="did you mean 'target'"):
        al.sweep("theory.feedback", {"g": [1.0], "targte": [1.0]}, out=tmp_path / "a")
    with pytest.raises(InputError, match="axis 'x' is empty"):
        al.sweep(walk, {"x": []}, seeds=2, measures={"end": float}, out=tmp_path / "a")
    al.sweep(walk, {"x": [1.0]}, seeds=2, out=tmp_path / "b")
    with pytest.raises(InputError, match="another sweep"):
        al.sweep(walk, {"x": [2.0]}, seeds=2, out=tmp_path / "b")
    with pytest.raises(InputError, match="version 2"):
        al.sweep(walk, {"x": [1.0]}, seeds=2, version=2, out=tmp_path / "b")


def test_pandas_and_polars_read_the_folder_as_it_stands(tmp_path: Path) -> None:
    # By name: their types are of no interest here, and not all have stubs.
    pandas, polars = importlib.import_module("pandas"), importlib.import_module("polars")
    axes = {"x": [0.5, 1.5, 2.5], "mode": ["fine", "fails"]}
    swept = al.sweep(walk, axes, seeds=2, out=tmp_path / "walk")
    for collected in (False, True):
        if collected:
            assert swept.collect() == 12
        frame = pandas.read_parquet(tmp_path / "walk")
        lazy = polars.scan_parquet(tmp_path / "walk")
        assert len(frame) == 12 and lazy.select(polars.len()).collect().item() == 12
        fine = frame[frame["status"] == "ok"].sort_values("point")
        assert fine["end"].tolist() == [x + seed for x in (0.5, 1.5, 2.5) for seed in (0, 1)]
        ends = lazy.filter(polars.col("status") == "ok").sort("point").collect()["end"].to_list()
        assert ends == fine["end"].tolist()
        assert frame.loc[frame["status"] == "failed", "message"].str.contains("told to fail").all()


SCRIPT = Path(__file__).parents[2] / "docs" / "cluster_sweep.py"


def on_a_node(folder: Path, units: int) -> subprocess.Popen[str]:
    """The guide's script as a job of two cores."""
    # A shell that starts the tests in the background has Ctrl-C ignored, which children would inherit.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, str(SCRIPT), str(folder), str(units)],
            env={**os.environ, "SLURM_CPUS_PER_TASK": "2"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_guide_to_a_cluster_goes_on_after_ctrl_c(tmp_path: Path) -> None:
    pandas = importlib.import_module("pandas")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    done = on_a_node(whole, 50).communicate()[0]
    assert done == "140 of 140 points, 140 of them now, 0 failed\n"
    table = pandas.read_parquet(whole)
    quiet, chaotic = (table[table.g == g].activity.mean() for g in (0.5, 2.0))
    assert len(table) == 140 and quiet < 1e-6 < 0.5 < chaotic

    # Points of this size take a while: Ctrl-C comes in the middle.
    job = on_a_node(cut, 200)
    start = time.monotonic()
    while not list(cut.glob("part-*")) and time.monotonic() - start < 60.0:
        time.sleep(0.02)
    job.send_signal(signal.SIGINT)
    said = job.communicate()[1]
    assert job.returncode != 0 and "KeyboardInterrupt" in said
    kept = len(pandas.read_parquet(cut))
    assert 0 < kept < 140
    rest = on_a_node(cut, 200).communicate()[0]
    assert rest == f"140 of 140 points, {140 - kept} of them now, 0 failed\n"
    assert len(pandas.read_parquet(cut)) == 140
