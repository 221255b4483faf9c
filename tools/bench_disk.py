"""A file system of its own for what is measured."""

import os
import shutil
import subprocess


class FreshDisk:
    """A new ext4 in a file, for root and where loop devices are to be had; else a directory.

    A file system in which many files were removed lately makes new ones at up to five times the cost for
    minutes (ext4 does not give out an inode again so soon), which would be measured instead of the peers.
    """

    told = set()

    def __init__(self, directory, octets, name="disk"):
        self.image, self.place, self.mounted = f"{directory}/{name}.img", f"{directory}/{name}", False
        self.size = min(octets, int(shutil.disk_usage(directory).free * 0.8))

    def __enter__(self):
        # The servers' users need a way to it.
        os.chmod(os.path.dirname(self.place), 0o755)
        os.mkdir(self.place, 0o755)
        if os.geteuid() != 0:
            return self._plain("Not root")
        steps = [
            ["fallocate", "-l", str(self.size), self.image],
            ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image],
            ["mount", "-o", "loop", self.image, self.place],
        ]
        for step in steps:
            if subprocess.run(step, stderr=subprocess.DEVNULL, check=False).returncode != 0:
                return self._plain(f"{step[0]} failed")
        self.mounted = True
        self._tell("On a new ext4 in a file.")
        return self.place

    def __exit__(self, *_):
        if self.mounted:
            for way in ([], ["-l"]):
                command = ["umount", *way, self.place]
                if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                    break
        if os.path.exists(self.image):
            os.remove(self.image)
        shutil.rmtree(self.place)

    def _plain(self, reason):
        self._tell(f"{reason}: on the file system as it is.")
        return self.place

    def _tell(self, text):
        if text not in self.told:
            print(text, flush=True)
            self.told.add(text)
