"""What a power cut leaves of a directory: crash_shim.c's log of a run, replayed in part.

The model. A file's content is durable up to the last fsync, fdatasync or syncfs that reached it; a
name (created, renamed, removed) from the flush of a directory that it is in, a rename with either
of its two. fsync of a file does not make its name durable, nor the other way round. What is left:

  flushed  only what is durable; each directory and each file on its own, as POSIX promises no more
  zeros    all names and sizes, as a journal of metadata may keep them; of unflushed data nothing:
           old bytes where there were some, else zeros (delayed allocation)
  empty    all names; what unflushed writes added is not there, and a new file is empty
  random   the changes of names and the cuts of files up to some point, in their order (ext4 and XFS
           log them so) but for durable ones, which imply all before; of each file's unflushed
           writes any subset of 512 bytes each, in whatever order, and a size that fits

Times and modes are kept. Directories keep their identity, as they do on a disk. The machine starts
again afterwards: lock files are then older than its start.
"""

import os
import random
import shutil
import struct
import time

MODELS = ("flushed", "zeros", "empty", "random")
SECTOR = 512
HEAD = struct.Struct("<BB6xQQIII4x")


class Node:
    """A file or a directory, whatever its names are."""

    def __init__(self, is_directory, content=b""):
        self.is_directory = is_directory
        self.names = {}  # of a directory: as they are before the cut
        self.content = content  # of a file: before the run
        self.changes = []  # (number, offset, bytes), or (number, size, None) where it was cut
        self.flushed = -1  # the number of the last flush
        self.time = None


class Replay:
    """The log of one run on a directory whose copy from before the run is given."""

    def __init__(self, before, root, log):
        self.root = root
        self.top = self._load(before)
        self.start = _copy_names(self.top)
        self.by_inode = {}
        self.name_changes = []  # (number, [(directory, name, node or None)...])
        self.last_number = 0
        for number, record in enumerate(_records(log)):
            self.last_number = number
            self._apply(number, *record)

    def leave(self, model, seed):
        """Changes the directory into what the power cut left."""
        chance = random.Random(seed)
        names = dict(self.start)
        upto = self._last_kept(model, chance)
        for number, changes in self.name_changes:
            durable = any(place.flushed > number for place, _, _ in changes)
            if number > upto and not durable:
                continue
            for place, name, node in changes:
                own = names.setdefault(place, {})
                if node is None:
                    own.pop(name, None)
                else:
                    own[name] = node
        _build(self.root, self.top, names, lambda node: _content(node, model, upto, chance))

    def _last_kept(self, model, chance):
        if model == "flushed":
            return -1
        if model != "random":
            return self.last_number
        durable = [
            number
            for number, changes in self.name_changes
            if any(place.flushed > number for place, _, _ in changes)
        ]
        return chance.randint(max(durable, default=-1), self.last_number)

    def _load(self, path):
        node = Node(True)
        for entry in os.scandir(path):
            if entry.is_dir(follow_symlinks=False):
                node.names[entry.name] = self._load(entry.path)
            else:
                with open(entry.path, "rb") as file:
                    node.names[entry.name] = Node(False, file.read())
        return node

    def _find(self, path):
        node = self.top
        for part in path[len(self.root) :].split("/"):
            if part not in ("", ".") and node:
                node = node.names.get(part)
        return node

    def _place(self, path):
        directory, _, name = path.rpartition("/")
        return self._find(directory), name

    def _rename(self, number, *changes):
        changes = [(place, name, node) for place, name, node in changes if place]
        for place, name, node in changes:
            if node is None:
                place.names.pop(name, None)
            else:
                place.names[name] = node
        self.name_changes.append((number, changes))

    def _apply(self, number, kind, flag, inode, offset, path, other, data):
        if kind == "o":
            node = self._find(path)
            if node is None:
                node = Node(False)
                self._rename(number, (*self._place(path), node))
            elif node.is_directory:
                node = Node(False)  # without a name (O_TMPFILE), until it is linked
            elif flag:
                node.changes.append((number, 0, None))
            self.by_inode[inode] = node
        elif kind == "w" and inode in self.by_inode:
            self.by_inode[inode].changes.append((number, offset, data))
        elif kind == "t" and inode in self.by_inode:
            self.by_inode[inode].changes.append((number, offset, None))
        elif kind == "T" and inode in self.by_inode:
            self.by_inode[inode].time = offset
        elif kind in "rl":
            place, name = self._place(path)
            node = place.names.get(name) if place else self.by_inode.get(inode)
            taken = [(place, name, None)] if kind == "r" else []
            self._rename(number, *taken, (*self._place(other), node))
        elif kind in "ud":
            self._rename(number, (*self._place(path), None))
        elif kind == "m":
            self._rename(number, (*self._place(path), Node(True)))
        elif kind in "fF":
            node = self._find(path) if flag else self.by_inode.get(inode)
            if node:
                node.flushed = number
        elif kind == "S":
            for node in [*_all_nodes(self.top), *self.by_inode.values()]:
                node.flushed = number


def boot():
    """When this machine was started."""
    return int(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME))


def _records(path):
    with open(path, "rb") as file:
        log = file.read()
    position = 0
    while position + HEAD.size <= len(log):
        kind, flag, inode, offset, *sizes = HEAD.unpack_from(log, position)
        position += HEAD.size
        parts = []
        for size in sizes:
            parts.append(log[position : position + size])
            position += size
        yield chr(kind), flag, inode, offset, os.fsdecode(parts[0]), os.fsdecode(parts[1]), parts[2]


def _all_nodes(node):
    yield node
    for child in node.names.values():
        yield from _all_nodes(child)


def _copy_names(top):
    return {node: dict(node.names) for node in _all_nodes(top) if node.is_directory}


def _content(node, model, upto, chance):
    """The bytes that a file has after the cut."""
    result = bytearray(node.content)
    keep = chance.choice([0.0, 0.5, 0.9, 1.0])
    full = 0
    for number, offset, data in node.changes:
        durable = number < node.flushed
        if data is None:
            if durable or number <= upto:
                del result[offset:]
                result.extend(bytes(offset - len(result)))
                full = offset
            elif model == "random":
                break  # what was written behind a cut went into blocks that came after it
        elif durable:
            _put(result, offset, data)
        elif model == "zeros":
            result.extend(bytes(max(0, offset + len(data) - len(result))))
        elif model == "random":
            full = max(full, offset + len(data))
            begin = offset
            while begin < offset + len(data):
                end = min(begin - begin % SECTOR + SECTOR, offset + len(data))
                if chance.random() < keep:
                    _put(result, begin, data[begin - offset : end - offset])
                begin = end
    if full > len(result) and model == "random":
        result.extend(bytes(chance.choice([0, full - len(result), chance.randint(0, full - len(result))])))
    return bytes(result)


def _put(result, offset, data):
    result.extend(bytes(max(0, offset - len(result))))
    result[offset : offset + len(data)] = data


def _build(path, node, names, content):
    """Makes the directory what it shall be, and leaves alone what it is already."""
    wanted = names.get(node, {})
    for entry in list(os.scandir(path)):
        other = wanted.get(entry.name)
        if other is None or other.is_directory != entry.is_dir(follow_symlinks=False):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.remove(entry.path)
    for name, child in sorted(wanted.items()):
        place = f"{path}/{name}"
        if child.is_directory:
            os.makedirs(place, mode=0o700, exist_ok=True)
            _build(place, child, names, content)
            continue
        bytes_ = content(child)
        if os.path.exists(place):
            with open(place, "rb") as file:
                if file.read() == bytes_:
                    continue
        with open(place, "r+b" if os.path.exists(place) else "xb") as file:
            file.truncate(0)
            file.write(bytes_)
        if name.endswith(".lock"):
            child.time = boot() - 60
        if child.time is not None:
            os.utime(place, (child.time, child.time))
