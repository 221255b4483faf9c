"""Fills and reads IMAP accounts with Python's imaplib: nothing here is mailarc's own code."""

import base64
import calendar
import hashlib
import imaplib
import re
import socket
from collections import Counter, namedtuple

Mailbox = namedtuple("Mailbox", "subscribed special_use validity messages")
Message = namedtuple("Message", "uid digest flags date")
SPECIAL_USES = {"\\all", "\\archive", "\\drafts", "\\flagged", "\\junk", "\\sent", "\\trash"}


def connect(port, user, password):
    account = imaplib.IMAP4("127.0.0.1", port)
    # imaplib sends a literal and its line end apart, which would wait 40 ms for each other.
    account.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    account.login(user, password)
    return account


def fill(account, mailboxes, messages):
    """Creates the mailboxes, subscribes, and appends the messages in their order."""
    for path, subscribed in mailboxes:
        name = quoted("/".join(modified_utf7(part) for part in path))
        if path != ("INBOX",):
            expect(account.create(name))
        if subscribed:
            expect(account.subscribe(name))
    for message in messages:
        name = quoted("/".join(modified_utf7(part) for part in message.mailbox))
        date = imaplib.Time2Internaldate(message.date)
        # The public append() would turn every bare CR into a line end.
        account.literal = message.body
        expect(account._simple_command("APPEND", name, f"({' '.join(message.flags)})", date))


def read(account):
    """The selectable mailboxes of the account by their name on the wire."""
    result = {}
    for line in _untagged(account, "LIST", '"" "*" RETURN (SUBSCRIBED SPECIAL-USE)'):
        attributes, name = _parse_list(line)
        if attributes & {"\\noselect", "\\nonexistent"}:
            continue
        result[name] = Mailbox(
            "\\subscribed" in attributes, attributes & SPECIAL_USES, *_read_mailbox(account, name)
        )
    return result


def differences(source, target):
    """What two accounts differ in, in words; a Counter compares what a mailbox holds, then the order."""
    result = [f"{name}: missing in the target" for name in source if name not in target]
    result += [f"{name}: not in the source" for name in target if name not in source]
    for name in sorted(source.keys() & target.keys()):
        mine, theirs = source[name], target[name]
        if mine.subscribed != theirs.subscribed:
            result.append(f"{name}: subscription differs")
        if mine.special_use != theirs.special_use:
            result.append(f"{name}: special use differs")
        before = [message._replace(uid=0) for message in mine.messages]
        after = [message._replace(uid=0) for message in theirs.messages]
        for field in ("digest", "flags", "date"):
            left = Counter((message.digest, getattr(message, field)) for message in before)
            right = Counter((message.digest, getattr(message, field)) for message in after)
            if left != right:
                lost, extra = (left - right).total(), (right - left).total()
                result.append(f"{name}: {field}: {lost} lost or changed, {extra} not in the source")
        if Counter(before) == Counter(after) and before != after:
            result.append(f"{name}: the order differs")
    return result


def modified_utf7(text):
    """RFC 3501 section 5.1.3."""
    result = ""
    for part in re.findall(r"[ -~]+|[^ -~]+", text):
        if part.isascii() and part.isprintable():
            result += part.replace("&", "&-")
        else:
            code = base64.b64encode(part.encode("utf-16-be")).decode().rstrip("=")
            result += "&" + code.replace("/", ",") + "-"
    return result


def quoted(name):
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def expect(answer):
    if answer[0] != "OK":
        raise RuntimeError(f"the server said {answer}")
    return answer[1]


def _untagged(account, command, arguments):
    status, data = account._simple_command(command, arguments)
    expect((status, data))
    return [line for line in account._untagged_response(status, data, command)[1] if line]


def _parse_list(line):
    name = None
    if isinstance(line, tuple):  # the name came as a literal
        line, name = line
    match = re.match(rb"\(([^)]*)\) (?:NIL|\"(?:\\.|[^\"])*\") (.*)$", line)
    if name is None:
        name = match[2]
        if name.startswith(b'"'):
            name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return {flag.decode().lower() for flag in match[1].split()}, name.decode()


def _read_mailbox(account, name):
    expect(account.select(quoted(name), readonly=True))
    validity = account.response("UIDVALIDITY")[1][0]
    answer = expect(account.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])"))
    found = []
    for index, item in enumerate(answer):
        if not isinstance(item, tuple):
            continue
        # What stands behind the literal arrives as an element of its own.
        after = answer[index + 1] if index + 1 < len(answer) else b""
        text = item[0] + b" " + (after if isinstance(after, bytes) else b"")
        flags = re.search(rb"FLAGS \(([^)]*)\)", text)[1].lower().split()
        found.append(
            Message(
                int(re.search(rb"UID (\d+)", text)[1]),
                hashlib.sha256(item[1]).hexdigest(),
                frozenset(flags) - {b"\\recent"},
                _epoch(re.search(rb'INTERNALDATE "([^"]*)"', text)[1].decode()),
            )
        )
    return validity, sorted(found)


def _epoch(text):
    day, month, year, hour, minute, second, zone = re.match(
        r" ?(\d+)-(\w+)-(\d+) (\d+):(\d+):(\d+) ([-+]\d+)", text
    ).groups()
    number = list(calendar.month_abbr).index(month)
    local = calendar.timegm((int(year), number, int(day), int(hour), int(minute), int(second)))
    offset = (int(zone[1:3]) * 60 + int(zone[3:])) * 60
    return local - offset if zone[0] == "+" else local + offset
