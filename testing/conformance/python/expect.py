"""Assertions for the conformance steps, and the bounded loop of a host."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from contract import Batch, SourceError
from source import Source

BATCH = 400
CALLS_MAX = 200
SECONDS_MAX = 30


def until_idle(
    source: Source, done: Callable[[], bool] = lambda: True, waits: list[float] | None = None
) -> Iterator[Batch]:
    """Reads until idle and done, and waits as the source asks, for at most half a minute in total."""
    end = time.monotonic() + SECONDS_MAX
    for _ in range(CALLS_MAX):
        batch = source.read_batch(BATCH)
        yield batch
        if batch.next == "idle" and done():
            return
        expect(time.monotonic() + batch.wait < end, f"the source asks to wait {batch.wait} s more")
        if batch.wait and waits is not None:
            waits.append(batch.wait)
        time.sleep(batch.wait)
    raise AssertionError(f"not done after {CALLS_MAX} calls")


def refused(kind: type[SourceError], call: Callable[[], object]) -> SourceError:
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}, but the call succeeded")


def expect(holds: object, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
