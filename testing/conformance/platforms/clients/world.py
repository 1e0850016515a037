"""What the clients share: a fake Buildkite, the program, and a kill in the middle of a sync."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from bridge import STREAM, Bridge, catalog, expect, quiet, same  # noqa: E402, F401
from fake import Fake  # noqa: E402

EVENTS = 2500
# So slow that a kill comes in the middle: 25 pages take 3 s.
SLOW = {"page_size": 100, "rate_limit": {"rate": 8, "unit": "second"}}
SECONDS_MAX = 300


def main(*steps: Callable[[Bridge], str]) -> None:
    program, host_test = map(os.path.abspath, sys.argv[1:])
    for step in steps:
        with tempfile.TemporaryDirectory() as folder, Fake(host_test, EVENTS, seed=5, seconds=SECONDS_MAX) as fake:
            began = time.monotonic()
            said = step(Bridge(program, fake, Path(folder)))
            print(f"   {step.__name__.replace('_', ' ')}: {said} ({time.monotonic() - began:.1f} s)", flush=True)


class Killer:
    """Kills the first descendant of this process with these words in its command line, one second after it starts."""

    def __init__(self, words: str) -> None:
        self._thread = threading.Thread(target=self._run, args=[words], daemon=True)
        self._done = False

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(SECONDS_MAX)
        expect(self._done, "there was no process to kill")

    def _run(self, words: str) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and not self._done:
            found = subprocess.run(["pgrep", "-f", "--", words], capture_output=True, text=True, check=False)
            for pid in filter(descends, map(int, found.stdout.split())):
                time.sleep(1)
                os.kill(pid, signal.SIGKILL)
                self._done = True
                break
            time.sleep(0.02)


def descends(pid: int) -> bool:
    """Whether a process was started by this one, directly or not."""
    while pid > 1:
        if pid == os.getpid():
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
    return False
