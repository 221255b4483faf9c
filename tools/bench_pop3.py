"""The bench's part over POP3: beside mpop, on loopback and with 50 ms of round trip."""

import contextlib
import os
import subprocess
import time

import bench_mail

DELAYS = (0, 50)  # milliseconds of round trip
USER = "maildrop"
SETTLE = 2.5  # seconds


@contextlib.contextmanager
def delayed(port, milliseconds):
    """A port that leads to `port` with so much round trip."""
    if milliseconds == 0:
        yield port
        return
    script = f"{os.path.dirname(os.path.abspath(__file__))}/bench_delay.py"
    command = ["/usr/bin/python3", "-I", "-S", script, str(port), str(milliseconds)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as proxy:
        try:
            yield int(proxy.stdout.readline())
        finally:
            proxy.stdin.close()


class Pop3Bench:
    def __init__(self, bench, count_mail):
        self.bench, self.count_mail = bench, count_mail
        self.server, self.options = bench.server, bench.options

    def run(self):
        self.server.add_user(USER, records=False)
        print(f"Writing {self.options.messages} messages into one INBOX ...", flush=True)
        bench_mail.write(
            self.server.maildir(USER), self.options.messages, self.options.seed,
            (self.server.uid, self.server.gid), mailboxes=[(1, ())],
        )  # fmt: skip
        self.bench.warm(USER)
        for number in range(self.options.rounds):
            for delay in DELAYS:
                # Who comes second finds the disk busier, or the cache warmer: take turns.
                peers = [self.mailarc, self.mpop]
                for peer in peers if number % 2 == 0 else reversed(peers):
                    with delayed(self.server.pop3, delay) as port:
                        self.round(peer, number, delay, port)

    def round(self, peer, number, delay, port):
        directory = f"{self.bench.directory}/pop3-{peer.__name__}-{delay}-{number}"
        os.mkdir(directory)
        command = peer(directory, port)
        for case in ("first POP3", "second POP3"):
            os.sync()
            time.sleep(SETTLE)

            def check():
                found = self.count_mail(directory)
                return found == self.options.messages, ""

            if not self.bench.table.measure(f"{case}, {delay} ms", peer.__name__, command, check):
                break

    def mailarc(self, directory, port):
        return [
            self.options.mailarc, "pull", f"pop3://{USER}@localhost:{port}", f"{directory}/mail",
            "--quiet", "--allow-plaintext", "--password-file", self.bench.password_file,
        ]  # fmt: skip

    def mpop(self, directory, port):
        for name in ("mail", "mail/cur", "mail/new", "mail/tmp"):
            os.makedirs(f"{directory}/{name}", exist_ok=True)
        return [
            "/usr/bin/mpop", "--quiet", "--file=", "--host=localhost", f"--port={port}", f"--user={USER}",
            f"--passwordeval=cat {self.bench.password_file}", "--auth=user", "--tls=off", "--keep=on",
            "--received-header=off", f"--uidls-file={directory}/uidls",
            f"--delivery=maildir,{directory}/mail",
        ]  # fmt: skip
