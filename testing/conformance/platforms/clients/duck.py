"""Syncs into DuckDB with PyAirbyte.

Usage: duck.py PROGRAM HOST_TEST
"""

from __future__ import annotations

import os

from world import SLOW, STREAM, Bridge, Killer, expect, main, quiet, same

os.environ.update(quiet())

import airbyte as ab  # noqa: E402
from airbyte.exceptions import AirbyteConnectorCheckFailedError, AirbyteConnectorFailedError  # noqa: E402

# Progress would be mixed with the report.
ab.progress.MAX_UPDATE_FREQUENCY = 10_000


def source(bridge: Bridge, **settings: object) -> ab.Source:
    return ab.get_source(
        "source-buildkite-audit-logs",
        config=bridge.config(**settings),
        local_executable=bridge.program,
        install_if_missing=False,
        streams=[STREAM],
    )


def rows(cache: ab.DuckDBCache) -> list[str]:
    return [row["uuid"] for row in cache[STREAM]]


def three_syncs(bridge: Bridge) -> str:
    cache = ab.DuckDBCache(db_path=bridge.folder / "events.duckdb")
    tap, truth, counts = source(bridge), set(bridge.fake.truth()), []
    tap.check()
    for wanted in (truth, truth, None):
        wanted = truth | bridge.fake.add(25) if wanted is None else wanted
        counts.append(tap.read(cache=cache, write_strategy="append").processed_records)
        same("PyAirbyte", rows(cache), wanted)
    expect(counts == [len(truth), 0, 25], f"records read: {counts}")
    try:
        source(bridge, api_token="bkua_" + "f0" * 20).check()
    except AirbyteConnectorCheckFailedError:
        return f"{', '.join(map(str, counts))} events; a wrong token fails the check"
    raise AssertionError("a wrong token passes the check")


def a_killed_sync(bridge: Bridge) -> str:
    cache = ab.DuckDBCache(db_path=bridge.folder / "events.duckdb")
    tap = source(bridge, **SLOW)
    try:
        with Killer(f"{bridge.program} read"):
            tap.read(cache=cache, write_strategy="append")
        raise AssertionError("the sync survived the kill")
    except AirbyteConnectorFailedError:
        pass
    again = source(bridge).read(cache=cache, write_strategy="append").processed_records
    same("PyAirbyte after a kill", rows(cache), set(bridge.fake.truth()))
    return f"the next one read {again} events; all are there once"


main(three_syncs, a_killed_sync)
