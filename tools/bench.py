"""Measures mailarc beside mbsync, in alternation, against a private Dovecot with Maildir."""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict, namedtuple

import bench_mail
import plain_account
from private_dovecot import PrivateDovecot

Run = namedtuple("Run", "wall processor memory good")  # seconds, seconds, MiB, bool
LARGE = 512 << 20
MEMORY_LIMIT = 64  # MiB
SETTLE = 2.5  # seconds


class Mailarc:
    name = "mailarc"

    def __init__(self, bench, directory):
        self.bench, self.directory = bench, directory

    def pull(self, user):
        return self._command("pull", self._url(user), f"{self.directory}/mail")

    def push(self, user):
        return self._command("push", f"{self.directory}/mail", self._url(user))

    def _url(self, user):
        server = self.bench.server
        if self.bench.options.tls:
            return f"imaps://{user}@localhost:{server.imaps}"
        return f"imap://{user}@localhost:{server.imap}"

    def _command(self, *arguments):
        consent = ["--tls-ca", self.bench.server.ca] if self.bench.options.tls else ["--allow-plaintext"]
        return [self.bench.options.mailarc, *arguments, "--quiet", *consent] + [
            "--password-file",
            self.bench.password_file,
        ]


class Mbsync:
    name = "mbsync"

    def __init__(self, bench, directory):
        self.bench, self.directory = bench, directory

    def pull(self, user):
        return self._command(user, "Sync Pull\nCreate Near")

    def push(self, user):
        return self._command(user, "Sync Push\nCreate Far")

    def _command(self, user, direction):
        server, tls = self.bench.server, self.bench.options.tls
        state = f"{self.directory}/state-{user}"
        os.makedirs(state, exist_ok=True)
        os.makedirs(f"{self.directory}/mail", exist_ok=True)
        path = f"{self.directory}/mbsync-{user}.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f"IMAPStore far\nHost localhost\nPort {server.imaps if tls else server.imap}\n"
                f"User {user}\nPass {server.password}\nAuthMechs LOGIN\n"
                + (f"SSLType IMAPS\nCertificateFile {server.ca}\n" if tls else "SSLType None\n")
                # At its best: it would otherwise take COMPRESS from a server that offers it.
                + "DisableExtension COMPRESS=DEFLATE\n\n"
                f"MaildirStore near\nPath {self.directory}/mail/\nInbox {self.directory}/mail/INBOX\n"
                "SubFolders Verbatim\n\n"
                f"Channel all\nFar :far:\nNear :near:\nPatterns *\nCopyArrivalDate yes\n{direction}\n"
                f"SyncState {state}/\n"
            )
        return ["/usr/bin/mbsync", "--quiet", "--config", path, "all"]


class Bench:
    def __init__(self, options, directory, server):
        self.options, self.directory, self.server = options, directory, server
        self.runs = defaultdict(list)
        self.password_file = f"{directory}/password"
        with open(os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(server.password + "\n")

    def run(self):
        owner = (self.server.uid, self.server.gid)
        self.server.add_user("source", records=False)
        print(f"Writing {self.options.messages} messages ...", flush=True)
        self.count, octets = bench_mail.write(
            self.server.maildir("source"), self.options.messages, self.options.seed, owner
        )
        print(f"{octets / 2**20:.0f} MiB, {octets / self.count / 1000:.1f} KB on average.", flush=True)
        self.warm("source")
        for round_number in range(self.options.rounds):
            peers = [Mailarc, Mbsync]
            # Who comes second finds the disk busier, or the cache warmer: take turns.
            for peer in peers if round_number % 2 == 0 else reversed(peers):
                self.round(peer, round_number)
        if "large" in self.options.only:
            self.large(owner)
        return self.report()

    def warm(self, user):
        """Lets Dovecot build its indexes and caches, so that no peer pays for them."""
        account = plain_account.connect(self.server.imap, user, self.server.password)
        names = [plain_account._parse_list(line)[1] for line in account.list()[1]]
        for name in names:
            account.select(plain_account.quoted(name), readonly=True)
            account.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE)")
        account.logout()

    def round(self, peer_type, number):
        directory = f"{self.directory}/{peer_type.name}-{number}"
        os.mkdir(directory)
        peer = peer_type(self, directory)
        target = f"target-{peer.name}-{number}"
        self.server.add_user(target, records=False)
        pulled = lambda: count_mail(f"{directory}/mail")
        pushed = lambda: count_mail(self.server.maildir(target))
        cases = [("first pull", peer.pull("source"), pulled), ("second pull", peer.pull("source"), pulled)]
        if "push" in self.options.only:
            cases += [("first push", peer.push(target), pushed), ("second push", peer.push(target), pushed)]
        for case, command, count in cases:
            if not self.measure(case, peer, command, count, self.count):
                break
        # Nothing is removed before the end: ext4 makes new files slowly for a while after many went.

    def measure(self, case, peer, command, count, expected):
        os.sync()
        # mbsync waits until a Maildir's time of change is over, mailarc re-scans a fresh one.
        time.sleep(SETTLE)
        output = f"{self.directory}/output"
        launcher = ["/usr/bin/python3", "-I", "-S", f"{os.path.dirname(__file__)}/bench_run.py"]
        ended = subprocess.run([*launcher, output, *command], stdout=subprocess.PIPE, check=True)
        wall, processor, memory, status = (float(word) for word in ended.stdout.split())
        found = count()
        good = status == 0 and found == expected
        self.runs[case, peer.name].append(Run(wall, processor, memory / 1024, good))
        print(f"{case:18} {peer.name:8} {wall:8.2f} s", flush=True)
        if not good:
            with open(output, encoding="utf-8", errors="replace") as file:
                print(f"  NOT GOOD: status {status:.0f}, {found} messages\n{file.read()[-2000:]}")
        return good

    def large(self, owner):
        self.server.add_user("large", records=False)
        bench_mail.write_large(self.server.maildir("large"), self.options.large, owner)
        for peer_type in (Mailarc, Mbsync):
            directory = f"{self.directory}/{peer_type.name}-large"
            os.mkdir(directory)
            peer, target = peer_type(self, directory), f"large-{peer_type.name}"
            self.server.add_user(target, records=False)
            pulled = lambda: count_mail(f"{directory}/mail")
            pushed = lambda: count_mail(self.server.maildir(target))
            if self.measure("large pull", peer, peer.pull("large"), pulled, 1):
                self.measure("large push", peer, peer.push(target), pushed, 1)
            shutil.rmtree(directory)
            shutil.rmtree(f"{self.server.root}/mail/{target}")

    def report(self):
        print(f"\n{'':18} {'':8} {'median':>8} {'min':>8} {'max':>8} {'cpu':>8} {'MiB':>7}")
        medians = {}
        for (case, name), runs in self.runs.items():
            walls = [run.wall for run in runs]
            medians[case, name] = statistics.median(walls)
            processor = statistics.median(run.processor for run in runs)
            print(
                f"{case:18} {name:8} {medians[case, name]:8.2f} {min(walls):8.2f} {max(walls):8.2f} "
                f"{processor:8.2f} {max(run.memory for run in runs):7.0f}"
                + ("" if all(run.good for run in runs) else "  NOT GOOD")
            )
        print()
        for case in dict.fromkeys(case for case, _ in self.runs):
            both = [self.runs.get((case, name), []) for name in ("mbsync", "mailarc")]
            if not all(runs and all(run.good for run in runs) for runs in both):
                print(f"{case:18} no ratio: not everything went well")
                continue
            ratio = medians[case, "mbsync"] / medians[case, "mailarc"]
            print(f"{case:18} mbsync takes {ratio:6.2f} times as long as mailarc (medians)")
        memory = max(run.memory for (_, name), runs in self.runs.items() for run in runs if name == "mailarc")
        print(f"peak memory of mailarc: {memory:.0f} MiB (limit {MEMORY_LIMIT})")
        good = all(run.good for runs in self.runs.values() for run in runs)
        return good and memory < MEMORY_LIMIT


def count_mail(directory):
    """The messages in the Maildirs below a directory."""
    return sum(
        len(files)
        for path, _, files in os.walk(directory)
        if os.path.basename(path) in ("cur", "new") and "/.mailarc/" not in path + "/"
    )


class FreshDisk:
    """A new ext4 in a file, for root and where loop devices are to be had; else the directory itself.

    A file system in which many files were removed lately makes new ones at up to five times the cost for
    minutes (ext4 does not give out an inode again so soon), which would be measured instead of the peers.
    """

    def __init__(self, directory, options):
        self.directory, self.mounted = directory, False
        # Source, and for each round and peer an archive and a target; twice, and some room for journals.
        octets = options.messages * 46_000 * (2 + options.rounds * 4) * 2 + (6 << 30)
        self.size = min(octets, int(shutil.disk_usage(directory).free * 0.8))

    def __enter__(self):
        image, place = f"{self.directory}/disk.img", f"{self.directory}/disk"
        os.chmod(self.directory, 0o755)
        if os.geteuid() != 0:
            print("Not root: on the file system as it is.", flush=True)
            return self.directory
        os.mkdir(place)
        steps = [
            ["fallocate", "-l", str(self.size), image],
            ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image],
            ["mount", "-o", "loop", image, place],
        ]
        for step in steps:
            if subprocess.run(step, stderr=subprocess.DEVNULL).returncode != 0:
                print(f"{step[0]} failed: on the file system as it is.", flush=True)
                return self.directory
        self.mounted = True
        print("On a new ext4 in a file.", flush=True)
        return place

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", "-l", f"{self.directory}/disk"], check=False)


def parse_options():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--dir", help="where mail and server go (default: a temporary directory)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each peer runs (5)")
    parser.add_argument("--messages", type=int, default=10_000, help="size of the account (10000)")
    parser.add_argument("--seed", type=int, default=1, help="of the corpus (1)")
    parser.add_argument("--tls", action="store_true", help="TLS instead of plain IMAP")
    cases = ["pull", "push", "large"]
    parser.add_argument("--only", action="append", choices=cases, help="of these (may be repeated)")
    parser.add_argument("--small", action="store_true", help="a smoke test: 300 messages, 1 round")
    parser.add_argument("--mailarc", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.large, options.only = LARGE, options.only or cases
    if options.small:
        options.messages, options.rounds, options.large = 300, 1, 32 << 20
    return options


def main():
    options = parse_options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="mailarc-bench.", dir=options.dir) as parent, FreshDisk(
        parent, options
    ) as directory:
        server = PrivateDovecot(f"{directory}/server", "bench", tls=options.tls)
        os.mkdir(server.root)
        with server:
            return 0 if Bench(options, directory, server).run() else 1


sys.exit(main())
