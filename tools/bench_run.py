"""Runs a command and prints its wall time, processor time, peak memory in KiB and exit status.

A process of its own, because a child's peak memory begins at that of the process it came from:
python3 -I -S bench_run.py OUTPUT-FILE COMMAND ...
"""

import os
import sys
import time

output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
null = os.open("/dev/null", os.O_RDONLY)
actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, output, 1)]
actions += [(os.POSIX_SPAWN_DUP2, output, 2)]
begin = time.perf_counter()
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=actions)
_, status, usage = os.wait4(pid, 0)
wall = time.perf_counter() - begin
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
