"""Reads archives and accounts without mailarc, and says what two of them differ in."""

import gzip
import hashlib
import os
import re
from collections import Counter, namedtuple
from urllib.parse import unquote_to_bytes

import crash_replay
import plain_account

# messages: a Counter of (mailbox, digest, flags, date); other: whatever else has to be equal.
View = namedtuple("View", "messages other")
Difference = namedtuple("Difference", "lost doubled other")

LETTERS = {"D": "\\draft", "F": "\\flagged", "R": "\\answered", "S": "\\seen", "T": "\\deleted"}
STATUS = {"R": "\\seen", "A": "\\answered", "F": "\\flagged", "T": "\\draft", "D": "\\deleted"}


def of_account(account):
    mailboxes = plain_account.read(account)
    messages = Counter(
        (name, message.digest, message.flags, message.date)
        for name, mailbox in mailboxes.items()
        for message in mailbox.messages
    )
    other = {name: str((box.subscribed, sorted(box.special_use))) for name, box in mailboxes.items()}
    return View(messages, other)


def of_archive(archive):
    """The messages, the mailboxes, the table, and what should not be left."""
    result = View(Counter(), {})
    table = _letters(f"{archive}/.mailarc/keywords")
    for directory, names, files in os.walk(archive):
        place = os.path.relpath(directory, archive)
        if place == ".":
            names.remove(".mailarc")
        if "cur" in names:
            result.other[f"mailbox {place}"] = ""
            result.messages.update(_maildir(directory, place, table))
            for name in os.listdir(f"{directory}/tmp"):
                result.other[f"left over: {place}/tmp"] = "some"
        for name in files:
            match = re.fullmatch(r"(.*)\.mbox(\.gz)?", name)
            if match:
                box = os.path.normpath(f"{place}/{match[1]}")
                result.other[f"mailbox {box}"] = ""
                result.messages.update(_mbox(f"{directory}/{name}", box))
            elif _is_left_over(f"{directory}/{name}"):
                result.other[f"left over: {place}/{name}"] = ""
    with open(f"{archive}/.mailarc/mailboxes", "rb") as file:
        result.other["table"] = file.read().decode() if os.fstat(file.fileno()).st_size else ""
    for name in os.listdir(f"{archive}/.mailarc"):
        path = f"{archive}/.mailarc/{name}"
        if name.startswith(".mailarc-unfinished") or name.endswith((".copy", ".moves")):
            result.other[f"left over: {re.sub('[0-9a-f]{16}', '', name)}"] = ""
        if name.startswith("mbox-") and name.endswith(".journal") and os.stat(path).st_size:
            result.other[f"left over: {name}"] = ""
    return result


def _is_left_over(path):
    # A lock file that a power cut brought back is nobody's, and goes when the mailbox is written to.
    name = os.path.basename(path)
    is_lock = name.endswith(".lock") and os.stat(path).st_mtime >= crash_replay.boot()
    return is_lock or name.startswith(".mailarc") or ".lock." in name


def differences(expected, found):
    """Messages that are missing, or there too often, and all else that differs, in words."""
    before, after = _plain(expected.messages), _plain(found.messages)
    lost = [f"{box} {digest[:12]} x{count}" for (box, digest), count in (before - after).items()]
    doubled = [f"{box} {digest[:12]} x{count}" for (box, digest), count in (after - before).items()]
    other = []
    if not lost and not doubled:
        for key in expected.messages - found.messages:
            now = [_words(new[2:]) for new in found.messages - expected.messages if new[:2] == key[:2]]
            other.append(f"{key[0]} {key[1][:12]}: {_words(key[2:])} became {', '.join(now)}")
    for name in sorted(expected.other.keys() | found.other.keys()):
        if expected.other.get(name) != found.other.get(name):
            other.append(f"{name}: {expected.other.get(name)!r} became {found.other.get(name)!r}")
    return Difference(lost, doubled, other)


def _words(rest):
    return f"{' '.join(sorted(rest[0]))} at {rest[1]}"


def _plain(messages):
    result = Counter()
    for (mailbox, digest, _, _), count in messages.items():
        result[mailbox, digest] += count
    return result


def _digest(content):
    return hashlib.sha256(content.replace(b"\n", b"\r\n")).hexdigest()


def _letters(path):
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.split() for line in file]
    except FileNotFoundError:
        return {}
    # A keyword's spelling in lower case, as IMAP compares them.
    return {chr(97 + int(line[0])): line[1].lower() for line in lines if line and line[0].isdigit()}


def _maildir(directory, place, table):
    letters = {**table, **_letters(f"{directory}/dovecot-keywords")}
    for part in ("cur", "new"):
        for name in os.listdir(f"{directory}/{part}"):
            path = f"{directory}/{part}/{name}"
            base, _, info = name.partition(":2,")
            flags = frozenset(LETTERS.get(x) or letters.get(x, f"?{x}") for x in info)
            with open(path, "rb") as file:
                content = file.read()
            ours = re.match(r"(-?\d+)\..*\.mailarc,", base)
            date = int(ours[1]) if ours else int(os.stat(path).st_mtime)
            yield place, _digest(content), flags, date


def _mbox(path, place):
    with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
        text = file.read()
    for part in re.split(rb"^From [^\n]*\n", text, flags=re.M)[1:]:
        yield (place, *_mbox_message(part))


def _mbox_message(part):
    part = re.sub(rb"^>(>*From )", rb"\1", part.removesuffix(b"\n"), flags=re.M)
    block = list(
        re.finditer(
            rb"^X-Mailarc: ([^ \n]+)([^\n]*)\nStatus: ([A-Z ]*)\nX-Status: ([A-Z ]*)\n"
            rb"X-Keywords: ([^\n]*)\n", part, flags=re.M,
        )
    )[-1]  # fmt: skip
    words = block[2].split()
    rest = part[block.end() :]
    content = part[: block.start()] + (rest.removeprefix(b"\n") if b"blank" in words else rest)
    if b"newline" in words:
        content = content.removesuffix(b"\n")
    flags = {STATUS[x] for x in (block[3] + block[4]).decode().replace(" ", "") if x in STATUS}
    flags |= {unquote_to_bytes(word).decode().lower() for word in block[5].split()}
    return _digest(content), frozenset(flags), int(block[1].split(b".")[0])
