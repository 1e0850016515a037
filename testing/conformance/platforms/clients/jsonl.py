"""Syncs into a file with Meltano and target-jsonl.

Usage: jsonl.py PROGRAM HOST_TEST
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from world import SLOW, STREAM, Bridge, Killer, expect, main, quiet, same

PROJECT = Path(__file__).parents[4] / "adapters/protocols/singer/meltano.yml"
TARGET = os.environ["TARGET_JSONL"]


def project(bridge: Bridge, **settings: object) -> None:
    """Writes a Meltano project: that of the repository, with a target that is installed already."""
    text = PROJECT.read_text().replace("pip_url: target-jsonl==0.1.4", f"executable: {TARGET}")
    (bridge.folder / "meltano.yml").write_text(text)
    config = {**bridge.config(**settings), "destination": str(bridge.folder / "out")}
    (bridge.folder / "out").mkdir(exist_ok=True)
    words = {name: value if isinstance(value, str) else json.dumps(value) for name, value in config.items()}
    lines = [f"TAP_BUILDKITE_AUDIT_LOGS_{name.upper()}='{value}'" for name, value in words.items()]
    lines.append(f"TARGET_JSONL_DESTINATION_PATH='{words['destination']}'")
    (bridge.folder / ".env").write_text("\n".join(lines))


def meltano(bridge: Bridge) -> bool:
    """Runs the pipeline, and returns whether it succeeded."""
    command = [Path(sys.executable).parent / "meltano", "run", "tap-buildkite-audit-logs", "target-jsonl"]
    path = f"{bridge.folder}:{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=bridge.folder, env={**quiet(), "PATH": path}, capture_output=True, timeout=200, check=False
    )
    (bridge.folder / "log").write_bytes(done.stdout + done.stderr)
    expect(bridge.fake.token.encode() not in done.stdout + done.stderr, "the log contains the token")
    return done.returncode == 0


def delivered(bridge: Bridge) -> list[str]:
    files = sorted((bridge.folder / "out").glob(f"{STREAM}*.jsonl"))
    return [json.loads(line)["uuid"] for file in files for line in file.open()]


def three_syncs(bridge: Bridge) -> str:
    project(bridge)
    truth, counts = set(bridge.fake.truth()), []
    for wanted in (truth, truth, None):
        wanted = truth | bridge.fake.add(25) if wanted is None else wanted
        before = len(delivered(bridge))
        expect(meltano(bridge), (bridge.folder / "log").read_text()[-3000:])
        counts.append(len(delivered(bridge)) - before)
        same("Meltano", delivered(bridge), wanted)
    expect(counts == [len(truth), 0, 25], f"records written: {counts}")
    return f"{', '.join(map(str, counts))} events"


def a_killed_sync(bridge: Bridge) -> str:
    project(bridge, **SLOW)
    with Killer("tap-buildkite-audit-logs .*--catalog"):
        expect(not meltano(bridge), "the sync survived the kill")
    before = delivered(bridge)
    expect(0 < len(before) < len(bridge.fake.truth()), f"{len(before)} events before the kill")
    project(bridge)
    expect(meltano(bridge), (bridge.folder / "log").read_text()[-3000:])
    all_of_them, truth = delivered(bridge), set(bridge.fake.truth())
    expect(set(all_of_them) == truth, f"{len(truth - set(all_of_them))} events are missing")
    repeated = len(all_of_them) - len(truth)
    # At this rate, a state covers one batch.
    expect(repeated <= 1000, f"{repeated} events are repeated")
    return f"{len(before)} events before it, {len(all_of_them) - len(before)} after it, {repeated} repeated"


main(three_syncs, a_killed_sync)
