"""The demo behind tools/demo: demo.py PATH-OF-MAILARC. Exit status 0 only if nothing differs."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile

import demo_mail
import plain_account
from private_dovecot import PrivateDovecot

# What a pull may say to the source, and a push must not say to the target.
READING = {
    "AUTHENTICATE", "CAPABILITY", "ENABLE", "EXAMINE", "FETCH", "ID", "LIST", "LOGIN", "LOGOUT",
    "LSUB", "NAMESPACE", "NOOP", "STATUS", "UID FETCH", "UID SEARCH", "UNSELECT",
}  # fmt: skip
REMOVING = {"EXPUNGE", "UID EXPUNGE", "CLOSE", "DELETE"}


class Demo:
    def __init__(self, mailarc, directory, server):
        self.mailarc = mailarc
        self.server = server
        self.archive = f"{directory}/archive"
        self.failures = []
        self.password_file = f"{directory}/password"
        with open(os.open(self.password_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(server.password + "\n")

    def run(self):
        for user in ("source", "target"):
            self.server.add_user(user)
        messages, mailboxes = demo_mail.messages(), demo_mail.mailboxes()
        say(f"Filling a source account: {len(messages)} messages, {len(mailboxes)} mailboxes.")
        plain_account.fill(self.connect("source"), mailboxes, messages)
        source = self.read("source")
        self.server.forget_commands("source")

        heading("Pull: the account becomes a Maildir archive")
        self.mailarc_run("pull", self.url("source"), self.archive)
        self.check_source_untouched()
        heading("Push: the archive goes into an empty account")
        self.mailarc_run("push", self.archive, self.url("target"))
        archive, target = self.archive_files(), self.read("target")

        heading("Both again: nothing may move")
        self.mailarc_run("pull", self.url("source"), self.archive)
        self.mailarc_run("push", self.archive, self.url("target"))
        self.check("the second pull changed no mail file", self.archive_files() == archive)
        again = self.read("target")
        self.check("the second push changed no message", again == target)
        used = self.server.commands("target")
        self.check("the pushes removed nothing", not REMOVING & used.keys())

        heading("Verify archive and target, and convert to mbox and back: the same files")
        box, back = self.archive + ".mbox", self.archive + ".back"
        self.mailarc_run("verify", self.archive, account=False)
        self.mailarc_run("verify", self.archive, self.url("target"))
        self.mailarc_run("convert", self.archive, box, "--layout", "mbox", account=False)
        self.mailarc_run("convert", box, back, "--layout", "maildir", account=False)
        self.mailarc_run("list", back, account=False)
        self.check("names and contents of all files are equal", mail(back) == mail(self.archive))

        heading("Comparison of the two accounts, by Python's imaplib")
        self.check("the source is as it was", self.read("source") == source)
        differences = plain_account.differences(source, again)
        for difference in differences[:40]:
            say(f"  {difference}")
        count = sum(len(mailbox.messages) for mailbox in again.values())
        self.check(
            f"{len(again)} mailboxes and {count} messages are equal: content, order, flags, "
            "keywords, dates, names, subscriptions, special use",
            not differences,
        )
        return not self.failures

    def check_source_untouched(self):
        used = self.server.commands("source")
        say("  commands: " + ", ".join(f"{name} {count}" for name, count in sorted(used.items())))
        self.check("the pull only read", used and not used.keys() - READING)

    def connect(self, user):
        return plain_account.connect(self.server.imap, user, self.server.password)

    def read(self, user):
        account = self.connect(user)
        try:
            return plain_account.read(account)
        finally:
            account.logout()

    def url(self, user):
        return f"imaps://{user}@127.0.0.1:{self.server.imaps}"

    def mailarc_run(self, *arguments, account=True):
        options = ["--tls-ca", self.server.ca, "--password-file", self.password_file]
        if not account:
            options = []
        say(" ".join(["$ mailarc", *arguments] + ["--tls-ca ... --password-file ..."] * account))
        ended = subprocess.run([self.mailarc, *arguments, *options], stdin=subprocess.DEVNULL)
        self.check(f"mailarc {arguments[0]} ended with 0", ended.returncode == 0)

    def archive_files(self):
        """The mail files by name, with size and time of change."""
        result = {}
        for directory, names, files in os.walk(self.archive):
            if directory == self.archive and ".mailarc" in names:
                names.remove(".mailarc")
            for name in files:
                path = os.path.join(directory, name)
                status = os.stat(path)
                result[path] = (status.st_size, status.st_mtime_ns, status.st_ino)
        return result

    def check(self, what, is_so):
        say(f"  {'ok:    ' if is_so else 'FAILED:'} {what}")
        if not is_so:
            self.failures.append(what)


def mail(archive):
    """The messages of an archive of Maildirs: paths and contents."""
    result = {}
    for directory, _, files in os.walk(archive):
        for name in files if os.path.basename(directory) == "cur" else []:
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                result[os.path.relpath(path, archive)] = file.read()
    return result


def say(text):
    # A mailbox name may hold anything, and the terminal shall not obey it.
    print("".join(c if c.isprintable() else "?" for c in text), flush=True)


def heading(text):
    say("")
    say(f"== {text}")


def main():
    # So that a signal, too, stops the server and removes the directory.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="mailarc-demo.") as directory:
        os.chmod(directory, 0o755)  # the server's unprivileged processes pass through
        server = PrivateDovecot(f"{directory}/server", secrets.token_hex(16))
        os.mkdir(server.root)
        with server:
            say(f"A private Dovecot listens on 127.0.0.1, port {server.imaps}.")
            is_good = Demo(sys.argv[1], directory, server).run()
    say("")
    say("Everything is equal, and nothing is left behind." if is_good else "NOT EVERYTHING IS EQUAL.")
    return 0 if is_good else 1


sys.exit(main())
