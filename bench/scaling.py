"""Do two threads of one sweep get as far as two processes? `python3 bench/scaling.py` after `cargo build --release`.

A sweep of theory, one of readouts, and one of networks that learn a task, each by one process with two threads and by two processes with one thread and
half of the points, in turns. The bar is 95 % of what two processes reach.
"""

import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[1]
PROGRAM = ROOT / "target" / "release" / "attractorlab"
ROUNDS = 5
PLANS = {
    "theory": """
        run.what = "theory.feedback"
        axes.feedback_std = { range = [0.2, 2.4], points = 60 }
        axes.target = { range = [0.05, 2.0], points = 400 }
        fixed.g = 0.3
        """,
    "training": """
        run.what = "training.readout"
        run.seeds = 20
        axes.target = { range = [0.4, 2.0], points = 12 }
        fixed.g = 0.5
        fixed.units = 400
        """,
    "learning": """
        run.what = "training.task"
        run.seeds = 4
        axes.g = [0.0, 0.9]
        fixed.task = "flip_flop"
        fixed.units = 256
        fixed.epochs = 100
        fixed.most_rank = 4
        fixed.test_trials = 128
        """,
}


def seconds(plan: pathlib.Path, folder: pathlib.Path, options: list[str]) -> float:
    """Wall time of one process for each list of options, side by side."""
    start = time.perf_counter()
    runs = [
        subprocess.Popen(
            [PROGRAM, "sweep", "run", plan, "-o", folder, *option.split()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for option in options
    ]
    for run in runs:
        if run.wait() != 0:
            raise SystemExit(f"a sweep failed: {options}")
    return time.perf_counter() - start


def main() -> None:
    for name, text in PLANS.items():
        with tempfile.TemporaryDirectory() as scratch:
            plan = pathlib.Path(scratch) / "plan.toml"
            plan.write_text(text)
            ratios, times = [], []
            for turn in range(ROUNDS):
                folders = [pathlib.Path(scratch) / f"{kind}{turn}" for kind in ("threads", "processes", "one")]
                threads = seconds(plan, folders[0], ["--threads 2"])
                processes = seconds(plan, folders[1], ["--shard 1/2 --threads 1", "--shard 2/2 --threads 1"])
                one = seconds(plan, folders[2], ["--threads 1"])
                ratios.append(processes / threads)
                times.append((one, threads, processes))
            one, threads, processes = (statistics.median(column) for column in zip(*times))
            print(
                f"{name}: one thread {one:.2f} s, two threads {threads:.2f} s, two processes {processes:.2f} s; "
                f"two threads reach {statistics.median(ratios):.1%} of two processes "
                f"({min(ratios):.1%} to {max(ratios):.1%})"
            )


if __name__ == "__main__":
    main()
