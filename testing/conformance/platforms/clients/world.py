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
    program, host_test = sys.argv[1:]
    for step in steps:
        with tempfile.TemporaryDirectory() as folder, Fake(host_test, EVENTS, seed=5, seconds=SECONDS_MAX) as fake:
            began = time.monotonic()
            said = step(Bridge(program, fake, Path(folder)))
            print(f"   {step.__name__.replace('_', ' ')}: {said} ({time.monotonic() - began:.1f} s)", flush=True)


class Killer:
    """Kills the next process with these words in its command line, one second after it starts."""

    def __init__(self, words: str) -> None:
        self.killed = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[words], daemon=True)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(SECONDS_MAX)

    def _run(self, words: str) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = subprocess.run(["pgrep", "-f", "--", words], capture_output=True, text=True, check=False)
            for pid in map(int, found.stdout.split()):
                time.sleep(1)
                os.kill(pid, signal.SIGKILL)
                self.killed.set()
                return
            time.sleep(0.02)
