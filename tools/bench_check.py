"""What came through: the messages found in a Maildir or an mbox, against those that went in.

It reads with nothing but the standard library's bytes: no reader that is measured judges itself.
"""

import hashlib
import mmap
import os
import re
from collections import Counter, namedtuple

# Messages: that went in, that were found, as they were, as they were but for what an mbox writer adds.
Found = namedtuple("Found", "expected count identical nearly")

ADDED = re.compile(
    rb"(?mi)^(?:X-UID|Status|X-Status|X-Keywords|Content-Length|Lines|X-IMAP|X-IMAPbase|X-Mailarc): [^\n]*\n"
)
QUOTED = re.compile(rb"(?m)^>(>*From )")
PSEUDO = re.compile(rb"(?mi)^X-IMAP(?:base)?: ")
LENGTH = re.compile(rb"(?mi)^Content-Length: (\d+)$")
LARGE = 64 << 20  # octets; what is larger is compared as it stands only


def digest(*parts):
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part)
    return sha.digest()


def describe(found):
    lost = found.expected - found.identical - found.nearly
    words = [f"{found.identical} of {found.expected} identical"]
    words += [f"{found.nearly} but for fields or a newline"] if found.nearly else []
    words += [f"{lost} altered or lost"] if lost else []
    words += [f"{found.count} found"] if found.count != found.expected else []
    return ", ".join(words)


def in_maildirs(directory, expected):
    """Of the messages in the Maildirs below a directory; `expected` counts digests."""
    left, result = Counter(expected), Counter()
    for path in maildir_files(directory):
        with _mapped(path) as data, memoryview(data) as view:
            _settle(left, result, [(view,)], _nearly(bytes(view)) if len(view) <= LARGE else [])
    return _sum_up(expected, result)


def in_mboxes(directory, expected, is_ours):
    """Of the messages in the mbox files below a directory; ours is mboxrd and nothing else."""
    left, result = Counter(expected), Counter()
    for path in mbox_files(directory):
        with _mapped(path) as data:
            for start, body, end in _split(data):
                with memoryview(data) as view, view[body:end] as content:
                    header = data[start:body]
                    bare = ADDED.sub(b"", header)
                    forms = [] if is_ours else [(header, content), (bare, content)]
                    if end - body <= LARGE:
                        forms += [(bare, QUOTED.sub(rb"\1", bytes(content)))]
                    elif data.find(b"\n>", body, end) < 0:
                        forms += [(bare, content)]
                    nearly = [] if is_ours or end - body > LARGE else _nearly(bare + bytes(content))
                    _settle(left, result, forms, nearly)
    return _sum_up(expected, result)


def maildir_files(directory):
    for path, names, files in os.walk(directory):
        names[:] = [name for name in names if name != ".mailarc"]
        if os.path.basename(path) in ("cur", "new"):
            yield from (f"{path}/{name}" for name in files)


def mbox_files(directory):
    for path, names, files in os.walk(directory):
        names[:] = [name for name in names if name not in (".mailarc", ".imap")]
        for name in files:
            with open(f"{path}/{name}", "rb") as file:
                if file.read(5) == b"From ":
                    yield f"{path}/{name}"


def _settle(left, result, forms, nearly):
    result["count"] += 1
    for word, candidates in (("identical", forms), ("nearly", nearly)):
        for candidate in candidates:
            found = digest(*candidate)
            if left[found]:
                left[found] -= 1
                result[word] += 1
                return


def _nearly(message):
    """Without what mbox writers put into the header, and with a newline more or less at the end."""
    if message.startswith(b"From "):  # formail leaves it
        message = message[message.find(b"\n") + 1 :]
    body = message.find(b"\n\n") + 1
    bare = ADDED.sub(b"", message[:body]) + message[body:]
    return [(bare,), (bare + b"\n",), (bare.rstrip(b"\n") + b"\n",), (bare[:-1],)]


def _sum_up(expected, result):
    return Found(sum(expected.values()), result["count"], result["identical"], result["nearly"])


def _split(data):
    """Start, start of the body (with the empty line) and end of each message of an mbox."""
    position = 0
    while data[position : position + 5] == b"From ":
        is_first = position == 0
        start = data.find(b"\n", position) + 1
        body = data.find(b"\n\n", start - 1) + 1
        length = LENGTH.search(data[start:body])
        end = body + 1 + int(length[1]) if length else len(data)
        if not length or data[end : end + 6] not in (b"\nFrom ", b"\n"):
            end = data.find(b"\n\nFrom ", start - 1) + 1 or len(data) - (data[-2:] == b"\n\n")
        # What some programs put first to keep their own notes in is no message.
        if not (is_first and PSEUDO.search(data[start:body]) and b"DON'T DELETE" in data[start:end]):
            yield start, body, end
        position = end + 1


class _mapped:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        with open(self.path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            self.map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) if size else b""
        return self.map

    def __exit__(self, *_):
        if self.map:
            self.map.close()
