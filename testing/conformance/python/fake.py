"""A fake Buildkite in its own process, for the duration of a `with` block."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import urllib.request

# Requests to loopback must not use a proxy, even if the environment names one.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Fake:
    """`host-test fake-buildkite`: its endpoint, slug and token, and what a source should deliver."""

    def __init__(self, host_test: str, events: int, seed: int, seconds: int) -> None:
        command = [host_test, "fake-buildkite", "--listen", "127.0.0.1:0", "--log", "error"]
        command += ["--seed", str(seed), "--events", str(events)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        # Limits the time of the whole run, even while a call into the component blocks this thread.
        self._watchdog = threading.Timer(seconds, self._expire, [seconds])
        self._watchdog.daemon = True
        self._watchdog.start()
        self.endpoint = self._line("listening on ")
        self.slug = self._line("slug: ")
        self.token = self._line("token: ")

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None:
        self._watchdog.cancel()
        self._process.terminate()
        self._process.wait(10)

    def truth(self) -> dict[str, list]:
        """Returns the expected record of every event, by UUID."""
        nodes = [exact(line)[2][1] for line in self._ask("/truth").split("\n") if line]
        return {dict(node)["uuid"]: [parsed(pair) for pair in node] for node in nodes}

    def add(self, count: int) -> set[str]:
        """Adds `count` events that occur now, and returns their UUIDs."""
        return set(json.loads(self._ask(f"/events?n={count}", "POST")))

    def _ask(self, path: str, method: str = "GET") -> str:
        request = urllib.request.Request(self.endpoint.rsplit("/", 1)[0] + path, method=method)
        with OPENER.open(request, timeout=30) as response:
            return response.read().decode()

    def _line(self, start: str) -> str:
        line = self._process.stdout.readline().rstrip("\n")
        if not line.startswith(start):
            self._process.kill()
            raise RuntimeError(f"the fake Buildkite printed {line!r}, expected {start!r}")
        return line[len(start) :]

    def _expire(self, seconds: int) -> None:
        self._process.kill()
        print(f"FAILED: not done within {seconds} s", flush=True)
        os._exit(1)


def exact(text: str) -> list | str | bool | None:
    """Parses JSON without loss: objects become lists of pairs in order, and numbers stay as written."""
    return json.loads(text, object_pairs_hook=list, parse_int=_number, parse_float=_number, parse_constant=_refuse)


def parsed(pair: tuple) -> tuple:
    """Parses `data`: JSON in a string at Buildkite, a value in a record. Text that is not JSON stays a string."""
    name, value = pair
    if name == "data" and isinstance(value, str):
        try:
            return name, exact(value)
        except ValueError:
            pass
    return name, value


def _number(text: str) -> dict[str, str]:
    return {"number": text}  # Differs from every object and string here.


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
