"""Starts processes one after the other and measures them: `python -I -S spawner.py`.

In: a line of JSON a process: `argv`, `env`, the files `stdin`, `stdout` and `stderr`. Out: a line
each: `seconds` from the start to the end, `peak`, the most memory it had (bytes), `code`, its exit
code.

It imports hardly anything, since a process counts as its own peak that of the one that started it.
Of a process that needs less than this one, about 9 MiB, the peak is not known.
"""

import json
import os
import sys
from time import perf_counter

for line in sys.stdin:
    job = json.loads(line)
    opened = [(os.POSIX_SPAWN_OPEN, 0, job["stdin"], os.O_RDONLY, 0)]
    for number, name in ((1, "stdout"), (2, "stderr")):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        opened.append((os.POSIX_SPAWN_OPEN, number, job[name], flags, 0o600))
    started = perf_counter()
    process = os.posix_spawnp(job["argv"][0], job["argv"], job["env"], file_actions=opened)
    _, status, usage = os.wait4(process, 0)
    seconds = perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    answer = {"seconds": seconds, "peak": usage.ru_maxrss * unit}
    answer["code"] = os.waitstatus_to_exitcode(status)
    print(json.dumps(answer), flush=True)
