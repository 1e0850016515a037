"""Loads the audit log into DuckDB with dlt, through the Singer tap. Run it again to load what is new."""
import json
import subprocess
import tempfile

import dlt


@dlt.resource(max_table_nesting=0)
def audit_events(config: str = "config.json"):
    state = dlt.current.resource_state()  # Stored together with the events.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(state.get("tap", {}), file)
        file.flush()
        command = ["tap-buildkite-audit-logs", "--config", config, "--state", file.name]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as tap:
            for line in tap.stdout:
                message = json.loads(line)
                if message["type"] == "RECORD":
                    if "data" in (record := message["record"]):  # Any JSON, so it is stored as text.
                        record["data"] = json.dumps(record["data"])
                    yield record
                elif message["type"] == "STATE":
                    state["tap"] = message["value"]
        if tap.returncode:
            raise RuntimeError("the tap failed; what it says is above")


if __name__ == "__main__":
    print(dlt.pipeline("buildkite", destination="duckdb", dataset_name="audit").run(audit_events()))
