"""How much memory mailarc needs for an mbox of many messages, and for a huge message; see bench.py."""

import os
import shutil
from collections import Counter

import bench_check
import bench_mail
from bench_disk import FreshDisk
from bench_mbox import Mailarc
from bench_table import US

PART = 256 << 20  # octets


class MemoryBench:
    def __init__(self, options, directory, table):
        self.options, self.directory, self.table = options, directory, table
        self.mailarc = Mailarc(options.mailarc)

    def run(self):
        for case, fill, mib in (
            ("large mbox", self.many, self.options.memory_mib),
            ("1 large message", self.one, self.options.message_mib),
        ):
            with FreshDisk(self.directory, (mib << 20) * 4 + (1 << 30), "memory") as disk:
                mbox = f"{disk}/source.mbox"
                expected = fill(disk, mbox, mib << 20)
                count = sum(expected.values())
                size = os.path.getsize(mbox) / 2**20
                print(f"\nAn mbox of {size:.0f} MiB, messages: {count}.", flush=True)
                self.there_and_back(case, disk, mbox, expected)

    def there_and_back(self, case, disk, mbox, expected):
        there, back = f"{disk}/there", f"{disk}/back"
        in_maildirs = lambda: self.judge(bench_check.in_maildirs(there, expected))
        in_mboxes = lambda: self.judge(bench_check.in_mboxes(back, expected, True))
        for path in (there, back):
            os.mkdir(path)
        command = self.mailarc.convert(mbox, there, "maildir")
        if self.table.measure(case, US, command, in_maildirs):
            command = self.mailarc.convert(f"{there}/mail", back, "mbox")
            self.table.measure(f"{case}, back", US, command, in_mboxes)

    def judge(self, found):
        return found.identical == found.expected == found.count, bench_check.describe(found)

    def many(self, disk, mbox, octets):
        """The same part over and over: a reader has no way to gain by that."""
        owner = (os.geteuid(), os.getegid())
        part, times = f"{disk}/part", max(octets // PART, 1)
        digests = bench_mail.write_mbox(part, f"{disk}/part.d", octets // times, self.options.seed, owner)
        shutil.rmtree(f"{disk}/part.d")
        with open(mbox, "wb") as target:
            for _ in range(times):
                with open(part, "rb") as source:
                    shutil.copyfileobj(source, target, 1 << 20)
        os.remove(part)
        return Counter({digest: number * times for digest, number in Counter(digests).items()})

    def one(self, _, mbox, octets):
        return Counter([bench_mail.write_large_mbox(mbox, octets)])
