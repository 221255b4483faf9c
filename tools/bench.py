"""Measures mailarc in alternation with others: beside mbsync and mpop, against a private Dovecot with Maildir; and
beside what else converts mbox and Maildir, and `cp`. Shows how much memory it needs for much mail."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time

import bench_mail
import bench_mbox
import bench_memory
import bench_pop3
import plain_account
from bench_disk import FreshDisk
from bench_table import Table
from private_dovecot import PrivateDovecot

LARGE = 512 << 20
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
    def __init__(self, options, directory, server, table):
        self.options, self.directory, self.server, self.table = options, directory, server, table
        self.password_file = f"{directory}/password"
        with open(os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(server.password + "\n")

    def run(self):
        if "pop3" in self.options.only:
            bench_pop3.Pop3Bench(self, count_mail).run()
        if {"pull", "push", "large"}.isdisjoint(self.options.only):
            return
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
        # mbsync waits until a Maildir's time of change is over, mailarc re-scans a fresh one.
        os.sync()
        time.sleep(SETTLE)

        def check():
            found = count()
            return found == expected, "" if found == expected else f"{found} messages"

        return self.table.measure(case, peer.name, command, check)

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


def count_mail(directory):
    """The messages in the Maildirs below a directory."""
    return sum(
        len(files)
        for path, _, files in os.walk(directory)
        if os.path.basename(path) in ("cur", "new") and "/.mailarc/" not in path + "/"
    )


def parse_options():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--dir", help="where mail and server go (default: a temporary directory)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each peer runs (5)")
    parser.add_argument("--messages", type=int, default=10_000, help="size of the account (10000)")
    parser.add_argument("--seed", type=int, default=1, help="of the corpus (1)")
    parser.add_argument("--tls", action="store_true", help="TLS instead of plain IMAP")
    parser.add_argument("--mbox-mib", type=int, default=1024, help="size of the mbox converted (1024)")
    parser.add_argument("--memory-mib", type=int, default=4096, help="size of the large mbox (4096)")
    parser.add_argument("--message-mib", type=int, default=1024, help="size of the large message in it (1024)")
    peers = f"of {', '.join(bench_mbox.PEERS)}, those that convert (may be repeated; all but formail)"
    parser.add_argument("--peer", action="append", choices=bench_mbox.PEERS, metavar="NAME", help=peers)
    cases = ["pull", "push", "large", "pop3", "mbox", "memory"]
    parser.add_argument("--only", action="append", choices=cases, help="of these (may be repeated)")
    parser.add_argument("--small", action="store_true", help="a smoke test: little mail, 1 round")
    parser.add_argument("--mailarc", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.large, options.only = LARGE, options.only or cases
    if options.small:
        options.messages, options.rounds, options.large = 300, 1, 32 << 20
        options.mbox_mib, options.memory_mib, options.message_mib = 16, 128, 128
    return options


def run_servers(options, parent, table):
    # Source, and for each round and peer an archive and a target; twice, and some room for journals.
    octets = options.messages * 46_000 * (3 + options.rounds * 8) * 2 + (6 << 30)
    with FreshDisk(parent, octets) as directory:
        server = PrivateDovecot(f"{directory}/server", "bench", tls=options.tls)
        os.mkdir(server.root)
        with server:
            Bench(options, directory, server, table).run()


def main():
    options = parse_options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="mailarc-bench.", dir=options.dir) as parent:
        os.chmod(parent, 0o755)
        table = Table(f"{parent}/output")
        if not {"pull", "push", "large", "pop3"}.isdisjoint(options.only):
            run_servers(options, parent, table)
        if "mbox" in options.only:
            bench_mbox.MboxBench(options, parent, table).run()
        if "memory" in options.only:
            bench_memory.MemoryBench(options, parent, table).run()
        return 0 if table.report() else 1


sys.exit(main())
