"""Running a command: its time by the clock and by the processor, and the most memory that it and its children held."""

import os
import subprocess
import threading
import time

PAGE = os.sysconf("SC_PAGE_SIZE")


def held_by(process):
    """Bytes that a process and all below it hold now."""
    total, waiting = 0, [process]
    while waiting:
        one = waiting.pop()
        try:
            with open(f"/proc/{one}/statm", encoding="ascii") as file:
                total += int(file.read().split()[1]) * PAGE
            for thread in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{thread}/children", encoding="ascii") as file:
                    waiting += [int(child) for child in file.read().split()]
        except OSError:
            continue
    return total


def measure(command, **options):
    """Runs a command to its end. Returns seconds, processor seconds, peak MiB and its output."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    peak = [0]

    def watch():
        while process.poll() is None:
            peak[0] = max(peak[0], held_by(process.pid))
            time.sleep(0.02)

    before = os.times()
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    out, err = process.communicate()
    seconds = time.monotonic() - begun
    watcher.join()
    after = os.times()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}\n{out[-2000:]}{err[-4000:]}")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": seconds, "processor": processor, "mib": peak[0] / 2**20, "out": out}
