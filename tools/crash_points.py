"""Where tools/crashtest disturbs a run, and what becomes of it when the run is repeated.

A point has a name, such as push:kill:117:middle:

  SCENARIO:kill:N:before|middle       SIGKILL at the N-th call; "after" would be N + 1, "before"
  SCENARIO:twice:N:M                  SIGKILL at the N-th call, and the next run's at its M-th
  SCENARIO:power:N:MODEL              the power fails there; crash_replay.py says what is left
  SCENARIO:full:N:full|full-on        the disk is full for that call, or from there on
  SCENARIO:cut:client|server:OCTETS   the connection is cut there; the run goes on by itself
  SCENARIO:lost:client|server:OCTETS  likewise, and the run is stopped before it can
  SCENARIO:state:N:HOW                after a run the N-th journal is torn, garbled, deleted, or newer

and perhaps :at-once or :later, when it is run again.
"""

import json
import os
import random
import signal
import struct
import zlib
from collections import namedtuple

import crash_lab
import crash_proxy
import crash_replay
import crash_state
import crash_view

Outcome = namedtuple("Outcome", "point reached difference")
SOCKET_KINDS, DATA_KINDS = "ncx", "nw"


class Tried:
    """A scenario, how it ends undisturbed, and the calls on the way there."""

    def __init__(self, lab, scenario):
        self.lab, self.scenario = lab, scenario
        case = scenario.prepare(lab)
        state = f"{case.place}/state"
        ended = lab.run(scenario.arguments(lab, case), self._shim(case))
        if ended.status:
            raise RuntimeError(f"{scenario.name}: the undisturbed run failed: {ended}")
        self.kinds = _kinds(state)
        self.expected = scenario.view(lab, case)
        self.journals = len(crash_state.journals(case.archive))
        again = self._again(case)
        if again:
            raise RuntimeError(f"{scenario.name}: undisturbed and run again: {again}")
        lab.remove(case)
        self.recorded = None

    def points(self):
        """All points, by kind."""
        name = self.scenario.name
        result = {"kill": [], "twice": [], "power": [], "full": [], "state": []}
        for number, (kind, needs_space) in enumerate(self.kinds, 1):
            result["kill"].append(f"{name}:kill:{number}:before")
            second = random.Random(number).randint(1, len(self.kinds))
            result["twice"].append(f"{name}:twice:{number}:{min(second, second * number)}")
            if kind in DATA_KINDS:
                result["kill"].append(f"{name}:kill:{number}:middle")
            if kind not in SOCKET_KINDS:
                result["power"] += [f"{name}:power:{number}:{x}" for x in crash_replay.MODELS]
            if needs_space:
                result["full"] += [f"{name}:full:{number}:{how}" for how in ("full", "full-on")]
        if not self.scenario.kind.startswith("re"):
            numbers = range(1, self.journals + 1)
            result["state"] = [f"{name}:state:{n}:{how}" for n in numbers for how in crash_state.WAYS]
        if self.scenario.kind != "convert":
            places = crash_proxy.places(self._record())
            result["cut"] = [
                f"{name}:{'cut' if index % 2 else 'lost'}:{side}:{octets}"
                for index, (side, octets) in enumerate(places)
            ]
        return result

    def try_point(self, point, seed):
        """Disturbs a run there, repeats it, and compares."""
        _, what, *where = point.split(":")
        # Half of the runs are repeated at once, half when the server is done with the first.
        later = where[-1] == "later" or random.Random(f"{seed}{point}").random() < 0.5
        case = self.scenario.prepare(self.lab)
        try:
            if what in ("cut", "lost"):
                reached, troubles = self._cut(case, what, where[0], int(where[1]))
            elif what == "state":
                reached, troubles = True, self._damage(case, int(where[0]), where[1])
            elif what == "twice":
                reached, troubles = self._crash(case, "kill", int(where[0]), "before", "")
                # How far the second one comes depends on where the first one was.
                troubles += self._crash(case, "kill", int(where[1]), "before", "")[1]
            else:
                reached, troubles = self._crash(case, what, int(where[0]), where[1], f"{seed}{point}")
            if later and where[-1] != "at-once" and self.scenario.changes_account:
                self.lab.wait_for_sessions(case.user)
            second = self.lab.run(self.scenario.arguments(self.lab, case))
            if second.status:
                troubles.append(f"the second run ended with {second.status}: {_told(second)}")
            difference = self._compare(case, what)
            troubles = difference.other + troubles + self._again(case)
            return Outcome(point, reached, difference._replace(other=troubles))
        finally:
            if not os.environ.get("CRASHTEST_KEEP"):
                self.lab.remove(case)

    def _compare(self, case, what):
        try:
            found = self.scenario.view(self.lab, case)
            if what == "power":
                # What was removed may be back, until the mailbox is written to again.
                for name in [name for name in found.other if name.startswith("left over: mbox-")]:
                    del found.other[name]
            return crash_view.differences(self.expected, found)
        except (OSError, IndexError, ValueError, EOFError, zlib.error) as error:
            return crash_view.Difference([], [], [f"what is there can't be read: {error!r}"])

    def _crash(self, case, what, number, how, seed):
        if os.path.exists(f"{case.place}/state"):
            os.remove(f"{case.place}/state")
        before = f"{case.place}/before"
        log = f"{case.place}/log"
        if what == "power":
            crash_lab.copy(case.root, before)
        shim = self._shim(case, number, "before" if what == "power" else how)
        if what == "power":
            shim["CRASH_LOG"] = log
        ended = self.lab.run(self.scenario.arguments(self.lab, case), shim)
        with open(f"{case.place}/state", "rb") as file:
            reached = struct.unpack("QQ", file.read(16))[1] == number
        troubles = []
        if what == "full":
            if reached and ended.status != 74 and (ended.status or how == "full-on"):
                troubles.append(f"with a full disk it ended with {ended.status}: {_told(ended)}")
            elif ended.status and "No space left" not in ended.errors + ended.output:
                troubles.append(f"does not tell that the disk is full: {_told(ended)}")
        elif reached and ended.status != -signal.SIGKILL:
            troubles.append(f"was to be killed, and ended with {ended.status}: {_told(ended)}")
        elif not reached and ended.status:
            troubles.append(f"ended with {ended.status}: {_told(ended)}")
        if what == "power":
            crash_replay.Replay(before, case.root, log).leave(how, seed)
        return reached, troubles

    def _cut(self, case, what, side, octets):
        child = None

        def stop():
            child.send_signal(signal.SIGTERM)

        resets = octets % 2 == 1
        target = self.lab.server.imap
        with crash_proxy.CuttingProxy(
            target, (side, octets), resets, stop if what == "lost" else None
        ) as proxy:
            child = self.lab.start(self.scenario.arguments(self.lab, case, proxy.port))
            ended = crash_lab.wait(child)
        troubles = []
        # 75 where there is nothing yet to go on from: while logging in, and listing the mailboxes.
        if ended.status not in (0, 75, 143) or (what == "cut" and ended.status == 143):
            troubles.append(f"after the cut it ended with {ended.status}: {_told(ended)}")
        return proxy.was_cut, troubles

    def _damage(self, case, number, how):
        """A run that comes to its end, then damage, and then one that finds it."""
        self.lab.run(self.scenario.arguments(self.lab, case))
        journal = crash_state.journals(case.archive)[number - 1]
        old = crash_state.damage(journal, how)
        if how != "newer":
            # Lost are records, no mail: nothing is to be done.
            return self._again(case)
        new = crash_state.content(journal)
        # Else a mailbox in which nothing happened is passed over, and its journal not read.
        is_own = f"/{self.scenario.kind}/" in journal
        for states in [path for path in crash_state.journals(case.archive) if "states" in path]:
            if states != journal:
                os.remove(states)
        ended = self.lab.run(self.scenario.arguments(self.lab, case))
        troubles = []
        if ended.status not in ([65] if is_own else [0, 65]) or crash_state.content(journal) != new:
            troubles.append(f"with a newer journal it ended with {ended.status}: {_told(ended)}")
        with open(journal, "wb") as file:
            file.write(old)
        return troubles

    def _again(self, case):
        """What a further run moves; nothing is right."""
        ended = self.lab.run(self.scenario.arguments(self.lab, case))
        if ended.status:
            return [f"the last run ended with {ended.status}: {_told(ended)}"]
        summary = json.loads(ended.output.splitlines()[-1])
        moved = {
            key: summary[key]
            for key in ("transferred", "flags_updated", "moved")
            if summary.get(key)
        }
        return [f"the last run still does something: {moved}"] if moved else []

    def _record(self):
        if self.recorded is None:
            case = self.scenario.prepare(self.lab)
            with crash_proxy.CuttingProxy(self.lab.server.imap) as proxy:
                self.lab.run(self.scenario.arguments(self.lab, case, proxy.port))
            self.recorded = proxy.recorded
            self.lab.remove(case)
        return self.recorded

    def _shim(self, case, number=0, how=""):
        return {
            "LD_PRELOAD": self.lab.shim, "CRASH_STATE": f"{case.place}/state",
            "CRASH_ROOT": case.root, "CRASH_AT": str(number), "CRASH_HOW": how,
        }  # fmt: skip


def _kinds(state):
    """Of each call what it is, and whether it needs space."""
    with open(state, "rb") as file:
        count = struct.unpack("QQ", file.read(16))[0]
        file.seek(512 + 1)
        kinds = file.read(count)
    return [(chr(kind & 0x7F), kind < 0x80) for kind in kinds]


def _told(ended):
    lines = ended.output.splitlines()
    errors = [line for line in lines if '"summary":' in line] or lines[-1:]
    return " / ".join(ended.errors.strip().splitlines()[-3:] + errors)[:400]
