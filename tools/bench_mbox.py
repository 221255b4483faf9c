"""mbox to Maildir and back, mailarc beside other programs and beside `cp`; see bench.py."""

import os
import shutil
import subprocess
from collections import Counter

import bench_check
import bench_mail
from bench_disk import FreshDisk
from bench_table import BASELINE, US

TO_MAILDIR, TO_MBOX = "mbox to Maildir", "Maildir to mbox"
MAIL_USER = ("mail", "mail", 8, 8)  # Debian's: Dovecot refuses to touch mail as root

PYTHON = """
import mailbox, sys
kinds = {"mbox": mailbox.mbox, "maildir": mailbox.Maildir}
source = kinds[sys.argv[1]](sys.argv[2], create=False)
target = kinds[sys.argv[3]](sys.argv[4])
for message in source:
    target.add(message)
target.flush()
"""

# Formail gives each message to a command; the shell's redirection makes the file.
FORMAIL = 'mkdir -p "$2/cur" && cd "$2/cur" && /usr/bin/formail -ds sh -c \'exec cat > "$FILENO"\' < "$1"'

DOVEADM = """
log_path = {root}/log
base_dir = {root}/run
mail_home = {root}/home
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
mail_location = {location}
mail_fsync = {fsync}
mbox_write_locks = fcntl
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


class Mailarc:
    name = US

    def __init__(self, program):
        self.program = program

    def to_maildir(self, source, target, _):
        return self.convert(source, target, "maildir")

    def to_mbox(self, source, target, _):
        return self.convert(source, target, "mbox")

    def convert(self, source, target, layout):
        # Nothing in a file proves that it is mboxrd, so that has to be said.
        dialect = ["--mbox-dialect", "mboxrd"] if layout == "maildir" else []
        return [self.program, "convert", source, f"{target}/mail", "--layout", layout, "--quiet", *dialect]


class Copy:
    """The same octets, as the mbox, into one file: what the disk alone takes, for both ways."""

    name = BASELINE

    def __init__(self, mbox):
        self.mbox = mbox

    def to_maildir(self, _, target, __):
        return ["/bin/sh", "-c", 'cp "$0" "$1/copy" && sync -f "$1"', self.mbox, target]

    to_mbox = to_maildir


class Mb2md:
    name = "mb2md"

    def to_maildir(self, source, target, _):
        return ["/usr/bin/mb2md", "-s", source, "-d", target]


class Formail:
    name = "formail"

    def to_maildir(self, source, target, _):
        return ["/bin/sh", "-c", FORMAIL, "sh", source, target]


class Python:
    name = "python mailbox"

    def to_maildir(self, source, target, _):
        return ["/usr/bin/python3", "-c", PYTHON, "mbox", source, "maildir", f"{target}/mail"]

    def to_mbox(self, source, target, _):
        return ["/usr/bin/python3", "-c", PYTHON, "maildir", source, "mbox", f"{target}/mail"]


class Doveadm:
    """As root only, who may become the user of the mail; from a copy, beside which it puts files of its own."""

    def __init__(self, name, fsync):
        self.name, self.fsync = name, fsync

    def to_maildir(self, source, target, root):
        self._own(["cp", source, f"{root}/inbox"], root, target)
        source = f"mbox:{root}/home:INBOX={root}/inbox"
        return self._backup(root, source, f"maildir:{target}/Maildir")

    def to_mbox(self, source, target, root):
        self._own(["cp", "-a", source, f"{root}/Maildir"], root, target)
        return self._backup(root, f"maildir:{root}/Maildir", f"mbox:{target}/mbox:INBOX={target}/inbox")

    def _own(self, copy, root, target):
        for name in ("home", "run"):
            os.makedirs(f"{root}/{name}")
        subprocess.run(copy, check=True)
        owner = f"{MAIL_USER[0]}:{MAIL_USER[1]}"
        subprocess.run(["chown", "-R", owner, root, target], check=True)

    def _backup(self, root, source, target):
        path = f"{root}/dovecot.conf"
        with open(path, "w", encoding="utf-8") as file:
            names = {"user": MAIL_USER[0], "group": MAIL_USER[1]}
            file.write(DOVEADM.format(root=root, location=target, fsync=self.fsync, **names))
        os.chmod(path, 0o644)
        return ["/usr/bin/doveadm", "-c", path, "backup", "-R", source]


PEERS = [US, BASELINE, "mb2md", "python mailbox", "doveadm", "doveadm no fsync", "formail"]


class MboxBench:
    """One mbox and one Maildir with the same messages, converted by each peer in turn."""

    def __init__(self, options, directory, table):
        self.options, self.table, self.directory = options, table, f"{directory}/mbox"
        self.mbox, self.maildir = f"{self.directory}/source.mbox", f"{self.directory}/source"
        os.mkdir(self.directory, 0o755)

    def run(self):
        owner = MAIL_USER[2:] if os.geteuid() == 0 else (os.geteuid(), os.getegid())
        octets = self.options.mbox_mib << 20
        digests = bench_mail.write_mbox(self.mbox, self.maildir, octets, self.options.seed, owner)
        self.expected, self.octets = Counter(digests), os.path.getsize(self.mbox)
        print(f"\nAn mbox of {self.octets / 2**20:.0f} MiB with {len(digests)} messages.", flush=True)
        peers = self.peers()
        for number in range(self.options.rounds):
            # Nobody shall always come behind the same other one.
            for peer in peers[number % len(peers) :] + peers[: number % len(peers)]:
                for case in (TO_MAILDIR, TO_MBOX):
                    self.measure(case, peer)
        shutil.rmtree(self.directory)

    def peers(self):
        wanted = [
            Mailarc(self.options.mailarc),
            Copy(self.mbox),
            Mb2md(),
            Python(),
            # Dovecot's own default, and as fast as it can.
            Doveadm("doveadm", "optimized"),
            Doveadm("doveadm no fsync", "never"),
        ]
        # Slow by the nature of what it does, a process a message: only if asked for.
        wanted += [Formail()] if self.options.peer else []
        wanted = [peer for peer in wanted if peer.name in (self.options.peer or PEERS)]
        if os.geteuid() == 0:
            return wanted
        for peer in wanted:
            if isinstance(peer, Doveadm):
                print(f"{peer.name}: skipped, it needs root", flush=True)
        return [peer for peer in wanted if not isinstance(peer, Doveadm)]

    def measure(self, case, peer):
        way = getattr(peer, "to_maildir" if case == TO_MAILDIR else "to_mbox", None)
        if way is None:
            return
        # Room for what doveadm has for itself, and for a file system's own.
        with FreshDisk(self.directory, self.octets * 3 + (1 << 30)) as disk:
            target = f"{disk}/target"
            os.mkdir(target)
            command = way(self.mbox if case == TO_MAILDIR else self.maildir, target, f"{disk}/own")
            # In memory beforehand, for each peer alike.
            warm(self.mbox, *bench_check.maildir_files(self.maildir))
            environment = {**os.environ, "USER": MAIL_USER[0], "TZ": "UTC"}
            check = lambda: self.check(case, peer, target)
            self.table.measure(case, peer.name, command, check, environment)

    def check(self, case, peer, target):
        if peer.name == BASELINE:
            return os.path.getsize(f"{target}/copy") == self.octets, ""
        if case == TO_MAILDIR:
            found = bench_check.in_maildirs(target, self.expected)
        else:
            found = bench_check.in_mboxes(target, self.expected, peer.name == US)
        # That others alter mail is told; that mailarc does is a failure.
        good = found.identical == found.expected == found.count if peer.name == US else found.count > 0
        return good, bench_check.describe(found)


def warm(*paths):
    for path in paths:
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
