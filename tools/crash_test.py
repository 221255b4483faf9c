"""tools/crashtest: stops mailarc wherever it changes something, runs it again, and compares.

usage: tools/crashtest [--sample N] [--seed S] [--only WORDS]... [--jobs N]

Pulls, pushes and conversions of some 40 messages are killed at each call that changes the disk or
speaks to the server, and in the middle of writes; lose their connection at each boundary of what
is said and between; find the disk full at each write; lose power; are killed and, run again, killed
once more; and find their journals damaged. Then the same command is run again. Prints how many points
were tried, and how often a message was lost or came twice; ends with 1 if one did, or if anything
else is not as it would have been without.

  --sample N       tries N points, spread over all kinds, instead of every one
  --seed S         for what is chosen by chance; printed
  --only WORDS     only points whose name begins so, such as push:kill or push:kill:117:middle; a * is
                   any number: pull-mbox:power:*:random
  --jobs N         so many at a time

With one connection every point is tried, with four (push-4, pull-maildir-4) only some, as a run with
several threads is not twice the same. Complete it takes about an hour on 2 cores.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from fnmatch import fnmatchcase

import crash_lab
import crash_points
from private_dovecot import PrivateDovecot

MANY = 4  # connections
TRIED_WITH_MANY = 400


def options():
    parser = argparse.ArgumentParser(
        prog="tools/crashtest", description=__doc__, formatter_class=argparse.RawTextHelpFormatter,
        usage=argparse.SUPPRESS,
    )  # fmt: skip
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("shim", help=argparse.SUPPRESS)
    for name, kind, default in (("sample", int, 0), ("seed", int, 1), ("jobs", int, 4)):
        parser.add_argument(f"--{name}", type=kind, default=default, help=argparse.SUPPRESS)
    parser.add_argument("--only", action="append", default=[], help=argparse.SUPPRESS)
    return parser.parse_args()


class Tally:
    """What was found, by scenario and kind."""

    def __init__(self, repeat):
        self.repeat = repeat
        self.rows = {}
        self.failures = []
        self.begin = time.monotonic()

    def add(self, outcome):
        scenario, what = outcome.point.split(":")[:2]
        row = self.rows.setdefault((scenario, "cut" if what == "lost" else what), [0, 0, 0, 0, 0])
        lost, doubled, other = outcome.difference
        for index, value in enumerate((1, not outcome.reached, len(lost), len(doubled), bool(other))):
            row[index] += value
        if lost or doubled or other:
            self.failures.append(outcome)
            print(f"\n{self.repeat} --only {outcome.point}", file=sys.stderr)
            for word, lines in (("lost", lost), ("doubled", doubled), ("differs", other)):
                for line in lines[:6]:
                    print(f"  {word}: {line}", file=sys.stderr)

    def show(self):
        print(f"{'run':18}{'what':8}{'points':>8}{'lost':>8}{'doubled':>9}{'other':>8}")
        totals = [0] * 5
        for (scenario, what), row in sorted(self.rows.items()):
            totals = [a + b for a, b in zip(totals, row)]
            print(f"{scenario:18}{what:8}{row[0]:8}{row[2]:8}{row[3]:9}{row[4]:8}")
        print(f"{'all':26}{totals[0]:8}{totals[2]:8}{totals[3]:9}{totals[4]:8}")
        if totals[1]:
            print(f"{totals[1]} of them were not reached: the run was another way there.")
        print(f"{time.monotonic() - self.begin:.0f} seconds")
        return totals


def sampled(points, count, chance):
    """So many of all points, from each list about as many."""
    lists = [list(some) for some in points]
    for some in lists:
        chance.shuffle(some)
    result = []
    while len(result) < count and any(lists):
        for some in lists:
            if some and len(result) < count:
                result.append(some.pop())
    return result


def is_wanted(point, only):
    """Whether any of the words names the point: its beginning, parts of which may have a `*`."""
    parts = point.split(":")
    given = [words.split(":") for words in only]
    return not only or any(
        len(some) <= len(parts) and all(fnmatchcase(b, a) for a, b in zip(some, parts))
        for some in given
    )


def choose(wanted, tried):
    several, one = [], []
    for name, scenario in tried.items():
        lists = several if scenario.scenario.connections > 1 else one
        for points in scenario.points().values():
            lists.append([point for point in points if is_wanted(point, wanted.only)])
    chance = random.Random(wanted.seed)
    if wanted.sample:
        lists = one + several
        chance.shuffle(lists)
        return sampled(lists, wanted.sample, chance)
    chosen = [point for points in one for point in points]
    chosen += sampled(several, TRIED_WITH_MANY, chance)
    chance.shuffle(chosen)
    return chosen


def work(wanted, lab):
    named = {**crash_lab.scenarios(1), **crash_lab.scenarios(MANY)}
    if wanted.only:
        starts = {words.split(":")[0] for words in wanted.only}
        known = ", ".join(named)
        named = {name: one for name, one in named.items() if is_wanted(name, starts)}
        if not named:
            sys.exit(f"tools/crashtest: --only names no run; there are {known}")
    tried = {name: crash_points.Tried(lab, one) for name, one in named.items()}
    chosen = choose(wanted, tried)
    # A point of which nothing is known is one that the user names.
    chosen = chosen or [words for words in wanted.only if words.count(":") > 2]
    if not chosen:
        sys.exit("tools/crashtest: --only names no point")
    repeat = f"tools/crashtest --seed {wanted.seed}"
    calls = ", ".join(f"{name} {len(one.kinds)}" for name, one in tried.items())
    print(f"Calls that change something: {calls}", file=sys.stderr)
    print(f"{len(chosen)} points, seed {wanted.seed}", file=sys.stderr)
    tally = Tally(repeat)
    with ThreadPoolExecutor(wanted.jobs) as pool:
        running = [
            pool.submit(tried[point.split(":")[0]].try_point, point, wanted.seed) for point in chosen
        ]
        try:
            for number, one in enumerate(as_completed(running), 1):
                tally.add(one.result())
                if number % 50 == 0 or number == len(running):
                    print(f"\r{number} of {len(running)} ", end="", file=sys.stderr, flush=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    print(file=sys.stderr)
    return tally


def main():
    wanted = options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="mailarc-crash.", dir=memory) as directory:
        directory = os.path.realpath(directory)
        os.chmod(directory, 0o755)
        server = PrivateDovecot(f"{directory}/server", crash_lab.PASSWORD, tls=False)
        os.mkdir(server.root)
        with server:
            lab = crash_lab.Lab(directory, server, wanted.program, wanted.shim)
            lab.fill()
            tally = work(wanted, lab)
    totals = tally.show()
    return 1 if any(totals[2:]) or not totals[0] else 0


sys.exit(main())
