"""What was measured: runs by case and by who ran, and what comes of them."""

import os
import statistics
import subprocess
from collections import defaultdict, namedtuple

Run = namedtuple("Run", "wall processor memory good note")  # seconds, seconds, MiB, bool, text
MEMORY_LIMIT = 64  # MiB
US = "mailarc"
BASELINE = "cp and sync"


class Table:
    def __init__(self, output):
        self.output = output  # a file for what the commands say
        self.runs = defaultdict(list)

    def measure(self, case, name, command, check, environment=None):
        """Runs the command; `check` tells whether its work is good, and a note on it."""
        os.sync()
        launcher = ["/usr/bin/python3", "-I", "-S", f"{os.path.dirname(__file__)}/bench_run.py"]
        ended = subprocess.run(
            [*launcher, self.output, *command], stdout=subprocess.PIPE, check=True, env=environment
        )
        wall, processor, memory, status = (float(word) for word in ended.stdout.split())
        good, note = check()
        good = good and status == 0
        self.runs[case, name].append(Run(wall, processor, memory / 1024, good, note))
        print(f"{case:22} {name:16} {wall:8.2f} s  {note}", flush=True)
        if not good:
            with open(self.output, encoding="utf-8", errors="replace") as file:
                print(f"  NOT GOOD: status {status:.0f}, {note}\n{file.read()[-2000:]}")
        return good

    def report(self):
        """Prints all; returns whether all went well, within the limit of memory."""
        print(f"\n{'':22} {'':16} {'median':>8} {'min':>8} {'max':>8} {'cpu':>8} {'MiB':>7}")
        for (case, name), runs in self.runs.items():
            walls = [run.wall for run in runs]
            processor = statistics.median(run.processor for run in runs)
            print(
                f"{case:22} {name:16} {statistics.median(walls):8.2f} {min(walls):8.2f} {max(walls):8.2f} "
                f"{processor:8.2f} {max(run.memory for run in runs):7.0f}  {runs[-1].note}"
                + ("" if all(run.good for run in runs) else "  NOT GOOD")
            )
        print()
        for case in dict.fromkeys(case for case, _ in self.runs):
            self._ratios(case)
        ours = [run.memory for (_, name), runs in self.runs.items() for run in runs if name == US]
        if ours:
            print(f"peak memory of mailarc: {max(ours):.0f} MiB (limit {MEMORY_LIMIT})")
        good = all(run.good for runs in self.runs.values() for run in runs)
        return good and max(ours, default=0) < MEMORY_LIMIT

    def _ratios(self, case):
        if (case, US) not in self.runs:
            return
        ours = self._median(case, US)
        for name in [name for its, name in self.runs if its == case and name != US]:
            theirs = self._median(case, name)
            if ours is None or theirs is None:
                print(f"{case:22} {name:16} no ratio: not everything went well")
            elif name == BASELINE:
                print(f"{case:22} mailarc takes {ours / theirs:.2f} times as long as {name} (medians)")
            else:
                print(f"{case:22} {name:16} takes {theirs / ours:6.2f} times as long as mailarc (medians)")

    def _median(self, case, name):
        runs = self.runs.get((case, name), [])
        if not runs or not all(run.good for run in runs):
            return None
        return statistics.median(run.wall for run in runs)
