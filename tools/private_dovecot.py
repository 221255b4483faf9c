"""A private Dovecot 2.3 on loopback for the tools beside it, for root and plain users."""

import collections
import grp
import os
import pwd
import re
import signal
import socket
import subprocess
import time

CONFIGURATION = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
instance_name = mailarc-{imap}
protocols = imap pop3
listen = 127.0.0.1
ssl = {tls}
ssl_cert = <{root}/server.crt
ssl_key = <{root}/server.key
disable_plaintext_auth = no
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_plugins = listescape
mail_max_userip_connections = 200
rawlog_dir = %h/rawlog
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Archive {{
    special_use = \\Archive
  }}
  mailbox Drafts {{
    special_use = \\Drafts
  }}
  mailbox Junk {{
    special_use = \\Junk
  }}
  mailbox Sent {{
    special_use = \\Sent
  }}
  mailbox Trash {{
    special_use = \\Trash
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
"""

# A plain user's server runs as that user throughout, and can't chroot.
PLAIN_USER = """
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
""" + "".join(
    f"service {name} {{{{\n  chroot =\n}}}}\n"
    for name in ("anvil", "imap-login", "pop3-login", "stats")
)


class PrivateDovecot:
    """Any user may log in with `password`; mail is in ROOT/mail/USER/Maildir.

    Without `tls` the server does not even offer STARTTLS, which clients would take.
    Use as a context manager; ROOT itself is the caller's to remove.
    """

    def __init__(self, root, password, tls=True):
        self.root = os.path.abspath(root)
        self.password = password
        # As root, mail belongs to Debian's user "mail": Dovecot refuses to serve root's own.
        self.uid, self.gid = (8, 8) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
        self.tls = tls
        self.ca = f"{self.root}/ca.crt"
        self.imap = self.imaps = self.pop3 = 0
        self.process = None

    def __enter__(self):
        for name in ("run", "state", "mail"):
            _make_directory(f"{self.root}/{name}")
        os.chmod(self.root, 0o755)
        os.chown(f"{self.root}/mail", self.uid, self.gid)
        self._make_certificates()
        with socket.socket() as first, socket.socket() as second, socket.socket() as third:
            free = (first, second, third)
            for one in free:
                one.bind(("127.0.0.1", 0))
            self.imap, self.imaps, self.pop3 = (one.getsockname()[1] for one in free)
        path = f"{self.root}/dovecot.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._configuration())
        self.process = subprocess.Popen(
            ["/usr/sbin/dovecot", "-F", "-c", path], stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._wait_for_greeting()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()

    def add_user(self, user, records=True):
        """Makes the home of a user; the rawlog directory in it turns the transcript on."""
        home = f"{self.root}/mail/{user}"
        for path in (home, f"{home}/rawlog") if records else (home,):
            _make_directory(path)
            os.chown(path, self.uid, self.gid)

    def maildir(self, user):
        return f"{self.root}/mail/{user}/Maildir"

    def forget_commands(self, user):
        directory = f"{self.root}/mail/{user}/rawlog"
        for name in os.listdir(directory):
            os.remove(f"{directory}/{name}")

    def commands(self, user):
        """How often which command was sent after login, as the server itself recorded it."""
        result = collections.Counter()
        directory = f"{self.root}/mail/{user}/rawlog"
        for name in os.listdir(directory):
            if name.endswith(".in"):
                with open(f"{directory}/{name}", "rb") as file:
                    lines = (line.partition(b" ")[2] for line in file.read().split(b"\n"))
                    result.update(_command_names(b"\n".join(lines)))
        return result

    def _configuration(self):
        text = CONFIGURATION
        names = {"user": "", "group": ""}
        if os.geteuid() != 0:
            text += PLAIN_USER
            names = {"user": pwd.getpwuid(self.uid)[0], "group": grp.getgrgid(self.gid)[0]}
        return text.format(
            root=self.root, imap=self.imap, imaps=self.imaps, pop3=self.pop3, password=self.password,
            uid=self.uid, gid=self.gid, tls="yes" if self.tls else "no", **names,
        )  # fmt: skip

    def _make_certificates(self):
        new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split()
        for name, rest in (
            ("ca", ["-subj", "/CN=mailarc demo authority"]),
            (
                "server",
                ["-subj", "/CN=localhost", "-CA", self.ca, "-CAkey", f"{self.root}/ca.key"]
                + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
                + ["-addext", "basicConstraints=CA:FALSE"],
            ),
        ):
            subprocess.run(
                ["openssl", "req", "-x509", "-days", "2", *new_key, *rest]
                + ["-keyout", f"{self.root}/{name}.key", "-out", f"{self.root}/{name}.crt"],
                check=True, stderr=subprocess.DEVNULL,
            )  # fmt: skip

    def _wait_for_greeting(self):
        for _ in range(4000):
            if self.process.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", self.imap), timeout=5) as connection:
                    if connection.recv(4).startswith(b"* OK"):
                        return
            except OSError:
                time.sleep(0.005)
        raise RuntimeError(f"Dovecot did not start; see {self.root}/dovecot.log")


def _make_directory(path):
    """One that the server's processes get into, whatever the umask."""
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o755)


def _command_names(recorded):
    """The commands in a client's octets, without those of its literals; UID with what it does."""
    position = 0
    continues = False
    while (end := recorded.find(b"\n", position)) >= 0:
        line = recorded[position:end].rstrip(b"\r")
        position = end + 1
        words = line.upper().split()
        if not continues and len(words) > 1:
            name = words[1] + b" " + words[2] if words[1] == b"UID" else words[1]
            yield name.decode("ascii", "replace")
        literal = re.search(rb"\{(\d+)[+-]?\}$", line)
        continues = literal is not None
        if literal:
            position += int(literal[1])
