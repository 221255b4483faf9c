"""Damages the journals of an archive, as tools/crashtest asks."""

import os
import zlib

WAYS = ("torn", "garbled", "deleted", "newer")


def journals(archive):
    """The journals, in an order that does not depend on the names of accounts."""
    found = [
        f"{directory}/{name}"
        for directory, _, names in os.walk(f"{archive}/.mailarc")
        for name in names
        if name.endswith(".journal") and not name.startswith("mbox-")
    ]
    return sorted(found, key=lambda path: content(path).split(b"\n")[0].split(b" ", 1)[1:])


def content(path):
    with open(path, "rb") as file:
        return file.read()


def damage(path, how):
    """Does it, and returns what was there."""
    old = content(path)
    last = old.rstrip(b"\n").rfind(b"\n") + 1
    if how == "deleted":
        os.remove(path)
        return old
    if how == "torn":
        new = old[: last + (len(old) - last) // 2]
    elif how == "garbled":
        middle = last + (len(old) - last) // 2
        new = old[:middle] + bytes([old[middle] ^ 0x15]) + old[middle + 1 :]
    else:
        header, rest = old.split(b"\n", 1)
        kind, version, *name = header.split(b" ")[1:]
        text = b" ".join([kind, b"%d" % (int(version) + 1), *name])
        new = b"%08x %s\n%s" % (zlib.crc32(text), text, rest)
    with open(path, "wb") as file:
        file.write(new)
    return old
