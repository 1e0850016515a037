"""Runs the example for dlt.

Usage: dlt_example.py PROGRAM HOST_TEST
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
from world import SLOW, Bridge, Killer, expect, main, quiet, same

EXAMPLE = Path(__file__).parents[4] / "adapters/protocols/singer/dlt_pipeline.py"


def load(bridge: Bridge) -> bool:
    path = f"{bridge.folder}:{os.environ['PATH']}"
    environment = {**quiet(), "PATH": path, "DLT_DATA_DIR": str(bridge.folder / "dlt"), "RUNTIME__DLTHUB_TELEMETRY": "false"}
    done = subprocess.run([sys.executable, EXAMPLE], cwd=bridge.folder, env=environment, capture_output=True, timeout=200, check=False)
    (bridge.folder / "log").write_bytes(done.stdout + done.stderr)
    return done.returncode == 0


def rows(bridge: Bridge) -> list[str]:
    with duckdb.connect(str(bridge.folder / "buildkite.duckdb")) as database:
        return [uuid for (uuid,) in database.execute("SELECT uuid FROM audit.audit_events").fetchall()]


def three_loads(bridge: Bridge) -> str:
    truth, counts = set(bridge.fake.truth()), []
    for wanted in (truth, truth, None):
        wanted = truth | bridge.fake.add(25) if wanted is None else wanted
        expect(load(bridge), (bridge.folder / "log").read_text()[-3000:])
        same("dlt", rows(bridge), wanted)
        counts.append(len(wanted))
    return f"{', '.join(map(str, counts))} rows after each"


def a_killed_load(bridge: Bridge) -> str:
    bridge.config(**SLOW)
    with Killer("tap-buildkite-audit-logs --config"):
        expect(not load(bridge), "the load survived the kill")
    bridge.config()
    expect(load(bridge), (bridge.folder / "log").read_text()[-3000:])
    same("dlt after a kill", rows(bridge), set(bridge.fake.truth()))
    return "the next one loads every event once"


main(three_loads, a_killed_load)
