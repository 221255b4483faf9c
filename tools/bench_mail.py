"""The bench's corpus: a Maildir++ tree that Dovecot serves as it stands, and an mbox; same seed, same bytes."""

import base64
import email.utils
import hashlib
import os
import random
import re
import time

from plain_account import modified_utf7

# The share of the messages, and the mailbox.
MAILBOXES = [
    (0.38, ()),
    (0.14, ("Sent",)),
    (0.01, ("Drafts",)),
    (0.04, ("Trash",)),
    (0.04, ("Junk",)),
    (0.08, ("Archive",)),
    (0.08, ("Archive", "2014")),
    (0.07, ("Lists", "dev", "mailarc")),
    (0.05, ("日本語",)),
    (0.04, ("日本語", "請求書")),
    (0.02, ("C++ notes",)),
    (0.02, ("Work",)),
    (0.015, ("Work", "Projekt A & B")),
    (0.01, ("Grüße",)),
    (0.005, ("Reise", "Köln")),
]
FLAGS = [("F", 0.05), ("R", 0.15), ("S", 0.8)]
MEAN = 45_000
START = 1_262_304_000  # 2010
FROM_LINES = b"""

From here on it is quoted.
>From here it was before.

From alice@example.org Tue Nov 14 22:13:20 2023
Subject: not a message of its own

"""


def write(maildir, count, seed, owner, mailboxes=MAILBOXES):
    """Fills `maildir` with messages of 45 KB on average; returns their number and total octets."""
    source = random.Random(seed)
    total = 0
    directories = [_make(maildir, path, owner) for _, path in mailboxes]
    weights = [weight for weight, _ in mailboxes]
    for name, date, body in _messages(source, count):
        directory = source.choices(directories, weights)[0]
        _write_file(f"{directory}/cur/{name}", [body], date, owner)
        total += len(body)
    return count, total


def write_mbox(path, maildir, octets, seed, owner):
    """The same messages as an mbox (mboxrd) and as a Maildir; returns their digests, in order.

    In one of twenty are lines that are quoted in an mbox, or look like it.
    """
    digests = []
    directory = _make(maildir, (), owner)
    with open(path, "wb") as mbox:
        for name, date, body in _messages(random.Random(seed), max(octets // MEAN, 1)):
            if len(digests) % 20 == 7:
                body = body.replace(b"\n\n", FROM_LINES, 1)
            size = f"S={len(body)},W={len(body) + body.count(bytes([10]))}:2,"
            _write_file(f"{directory}/cur/{re.sub('S=.*:2,', size, name)}", [body], date, owner)
            mbox.write(_entry(body, date))
            digests.append(hashlib.sha256(body).digest())
        os.fchown(mbox.fileno(), *owner)
    return digests


def write_large_mbox(path, octets):
    """An mbox with one message of this many octets; returns its digest."""
    sha = hashlib.sha256()
    with open(path, "wb") as file:
        file.write(_entry(b"", START)[:-1])
        for part in _large(octets):
            sha.update(part)
            file.write(part)
        file.write(b"\n")
    return sha.digest()


def write_large(maildir, size, owner):
    """One message of this many octets."""
    parts = _large(size)
    octets = sum(len(part) for part in parts)
    wire = octets + sum(part.count(b"\n") for part in parts)
    directory = _make(maildir, (), owner)
    _write_file(f"{directory}/cur/{START}.P0.bench,S={octets},W={wire}:2,S", parts, START, owner)


def _large(size):
    line = base64.b64encode(bytes(range(57))) + b"\n"
    chunk = line * 10_000
    header = b"From: a@example.org\nSubject: large\nMessage-ID: <large@example.org>\n\n"
    return [header] + [chunk] * (size // len(chunk))


def _entry(message, date):
    """As it stands in an mbox, with the empty line behind it."""
    stamp = time.asctime(time.gmtime(date)).encode()
    return b"From alice@example.org " + stamp + b"\n" + re.sub(rb"(?m)^(>*From )", rb">\1", message) + b"\n"


def _messages(source, count):
    """File names in a Maildir, dates and contents."""
    blob = source.randbytes(4 << 20)
    lines = ["".join(source.choices("abcdefghij klmnopq rstuvw xyz ", k=70)) for _ in range(2000)]
    # Median 7 KB and a heavy tail of attachments, scaled to the mean that is promised.
    sizes = [min(source.lognormvariate(8.7, 1.95), 4_000_000) for _ in range(count)]
    scale = MEAN * count / sum(sizes)
    for index in range(count):
        date = START + index * 47_111 + source.randrange(3600)
        body = _message(source, blob, lines, index, date, int(sizes[index] * scale))
        flags = "".join(flag for flag, share in FLAGS if source.random() < share)
        wire = len(body) + body.count(b"\n")
        yield f"{date}.P{index}.bench,S={len(body)},W={wire}:2,{flags}", date, body


def _message(source, blob, lines, index, date, size):
    header = (
        f"Received: from a.example.org by b.example.net; {email.utils.formatdate(date)}\n"
        f"From: Alice Example <alice@example.org>\nTo: bob@example.net\nSubject: message {index}\n"
        f"Date: {email.utils.formatdate(date)}\nMessage-ID: <bench.{index}@example.org>\n"
        "MIME-Version: 1.0\n"
    )
    text_size = min(size, int(1500 + source.expovariate(1 / 2500)))
    text = "\n".join(source.choices(lines, k=text_size // 71 + 1)) + "\n"
    if size < text_size + 2000:
        return (header + "\n" + text).encode()
    start = source.randrange(len(blob))
    data = base64.encodebytes((blob[start:] + blob + blob)[: (size - text_size) * 3 // 4])
    return (
        f'{header}Content-Type: multipart/mixed; boundary="=_b"\n\n--=_b\n\n{text}--=_b\n'
        "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
    ).encode() + data + b"--=_b--\n"


def _make(maildir, path, owner):
    parts = [modified_utf7(part) for part in path]
    # Every parent is a mailbox, too.
    for depth in range(len(parts) + 1):
        directory = f"{maildir}/.{'.'.join(parts[:depth])}" if depth else maildir
        for name in ("", "/cur", "/new", "/tmp"):
            os.makedirs(directory + name, exist_ok=True)
            os.chown(directory + name, *owner)
        if depth:
            _write_file(f"{directory}/maildirfolder", [], START, owner)
    return directory


def _write_file(path, parts, date, owner):
    with open(path, "wb") as file:
        file.writelines(parts)
        os.fchown(file.fileno(), *owner)
    os.utime(path, (date, date))
