"""The runs that tools/crashtest disturbs: pulls, pushes and conversions against a private Dovecot."""

import itertools
import os
import shutil
import socket
import subprocess
import time
from collections import Counter, namedtuple

import crash_mail
import crash_view
import plain_account

PASSWORD = "secret"
TIMEOUT = 120
# A case's directory, the directory in it whose writes count, and the account that it changes.
Case = namedtuple("Case", "place root archive user")
Ended = namedtuple("Ended", "status output errors")


class Lab:
    """A server with a filled account, archives that were pulled from it, and room for cases."""

    def __init__(self, directory, server, mailarc, shim):
        self.directory, self.server, self.mailarc, self.shim = directory, server, mailarc, shim
        self.numbers = itertools.count(1)
        self.password_file = f"{directory}/password"
        with open(os.open(self.password_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(PASSWORD + "\n")

    def fill(self):
        """Two equal accounts; what was pulled from the second is older than what it holds."""
        for user in ("source", "changed"):
            self.server.add_user(user, records=False)
            crash_mail.fill(self.connect(user))
        for layout in ("maildir", "mbox"):
            self._base("pull", self.url("source"), layout=layout)
            self._base("pull", self.url("changed"), "later-", layout)
        crash_mail.change_account(self.connect("changed"))

    def _base(self, command, source, prefix="", layout="maildir"):
        ended = self.run(
            [command, source, f"{self.directory}/{prefix}{layout}", "--layout", layout]
            + self.access()
        )
        if ended.status:
            raise RuntimeError(f"{command} failed: {ended}")

    def base(self, name):
        return f"{self.directory}/{name}"

    def connect(self, user):
        return plain_account.connect(self.server.imap, user, PASSWORD)

    def url(self, user, port=None):
        return f"imap://{user}@127.0.0.1:{port or self.server.imap}"

    def access(self, connections=1):
        return [
            "--password-file", self.password_file, "--allow-plaintext",
            "--connections", str(connections),
        ]  # fmt: skip

    def view_of(self, user):
        account = self.connect(user)
        try:
            return crash_view.of_account(account)
        finally:
            account.logout()

    def new_case(self, base=None):
        """A directory of its own, perhaps with a copy of an archive, and a user that is none yet."""
        number = next(self.numbers)
        place = f"{self.directory}/case{number}"
        os.makedirs(f"{place}/root")
        if base:
            copy(self.base(base), f"{place}/root/archive")
        return Case(place, f"{place}/root", f"{place}/root/archive", f"u{number}")

    def remove(self, case):
        shutil.rmtree(case.place, ignore_errors=True)
        shutil.rmtree(f"{self.server.root}/mail/{case.user}", ignore_errors=True)

    def start(self, arguments, more=None):
        environment = {
            "PATH": os.environ.get("PATH", ""), "HOME": self.directory,
            "LC_ALL": "C.UTF-8", "MAILARC_SETTLE_SECONDS": "0.3", "MAILARC_BATCH_MESSAGES": "4",
            **(more or {}),
        }  # fmt: skip
        return subprocess.Popen(
            [self.mailarc, *arguments], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
        )  # fmt: skip

    def run(self, arguments, more=None):
        return wait(self.start(arguments, more))

    def wait_for_sessions(self, user):
        """Returns when no session of the user is left: what it was told to append is there then."""
        while any(f"/{user}\t" in line + "\t" for line in self._sessions()):
            time.sleep(0.004)

    def _sessions(self):
        # What `doveadm who` asks the server, without a process for each question.
        with socket.socket(socket.AF_UNIX) as anvil:
            anvil.connect(f"{self.server.root}/run/anvil")
            anvil.sendall(b"VERSION\tanvil\t1\t0\nCONNECT-DUMP\n")
            answer = b""
            while not answer.endswith(b"\n\n") and answer != b"\n":
                chunk = anvil.recv(65536)
                if not chunk:
                    break
                answer += chunk
        return answer.decode().splitlines()


class Scenario:
    """One command, from one state of the world."""

    def __init__(self, name, base=None, layout=None, connections=1):
        self.name, self.base, self.layout, self.connections = name, base, layout, connections
        self.kind = name.split("-")[0]
        self.changes_account = "push" in self.kind

    def prepare(self, lab):
        case = lab.new_case(None if self.kind in ("pull", "convert") else self.base)
        if self.changes_account:
            lab.server.add_user(case.user, records=False)
        if self.kind == "repush":
            ended = lab.run(self.arguments(lab, case))
            if ended.status:
                raise RuntimeError(f"the first push failed: {ended}")
            crash_mail.change_archive(case.archive)
            crash_mail.change_target(lab.connect(case.user))
        return case

    def arguments(self, lab, case, port=None):
        if self.kind == "convert":
            return ["convert", lab.base(self.base), case.archive, "--layout", self.layout, "--json"]
        access = lab.access(self.connections) + ["--json"]
        if self.changes_account:
            return ["push", case.archive, lab.url(case.user, port), *access]
        user = "source" if self.kind == "pull" else "changed"
        layout = ["--layout", self.layout] if self.layout else []
        return ["pull", lab.url(user, port), case.archive, *layout, *access]

    def view(self, lab, case):
        """What is in the archive, and in the account that was pushed into."""
        found = crash_view.of_archive(case.archive)
        if not self.changes_account:
            return found
        lab.wait_for_sessions(case.user)
        account = lab.view_of(case.user)
        messages = Counter({(f"archive:{key[0]}", *key[1:]): n for key, n in found.messages.items()})
        return crash_view.View(messages + account.messages, {**found.other, **account.other})


def scenarios(connections=1):
    """Every run that is disturbed, by its name."""
    suffix = "" if connections == 1 else f"-{connections}"
    rows = [
        ("pull-maildir", None, "maildir"), ("pull-mbox", None, "mbox"),
        ("repull-maildir", "later-maildir", None), ("repull-mbox", "later-mbox", None),
        ("push", "maildir", None), ("repush", "maildir", None),
        ("convert-maildir", "mbox", "maildir"), ("convert-mbox", "maildir", "mbox"),
        ("convert-mbox.gz", "maildir", "mbox.gz"),
    ]  # fmt: skip
    made = [Scenario(name + suffix, base, layout, connections) for name, base, layout in rows]
    return {one.name: one for one in made if connections == 1 or one.kind != "convert"}


def wait(child):
    try:
        output, errors = child.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        child.kill()
        output, errors = child.communicate()
        return Ended("hangs", output, errors)
    return Ended(child.returncode, output, errors)


def copy(source, target):
    subprocess.run(["cp", "-a", source, target], check=True)
