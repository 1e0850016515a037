"""Runs the checks of Airbyte's own standard tests on the program.

Usage: cdk.py PROGRAM HOST_TEST
"""

from __future__ import annotations

import json

from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.test.entrypoint_wrapper import EntrypointOutput
from airbyte_cdk.test.models.outcome import ExpectedOutcome
from airbyte_cdk.test.standard_tests._assertions import assert_check_outcome, assert_config_matches_spec
from airbyte_cdk.test.standard_tests._catalog_checks import find_catalog_problems
from airbyte_cdk.test.standard_tests._read_assertions import assert_read_records
from airbyte_cdk.test.standard_tests._spec_lint import (
    assert_no_secrets_in_output,
    assert_spec_is_valid,
    get_single_spec,
)
from world import Bridge, catalog, expect, main

NAME = "source-buildkite-audit-logs"


def standard_tests(bridge: Bridge) -> str:
    config = bridge.config()
    lines = {
        verb: bridge.airbyte(line)
        for verb, line in (
            ("spec", "spec"),
            ("check", "check --config config.json"),
            ("discover", "discover --config config.json"),
        )
    }
    [found] = [json.loads(line) for line in lines["discover"] if '"CATALOG"' in line]
    configured = {"streams": [{**catalog()["streams"][0], "stream": found["catalog"]["streams"][0]}]}
    bridge.write("catalog.json", configured)
    lines["read"] = bridge.airbyte("read --config config.json --catalog catalog.json")
    output = {verb: EntrypointOutput(messages) for verb, messages in lines.items()}

    spec = get_single_spec(output["spec"], connector_name=NAME)
    assert_spec_is_valid(spec, connector_name=NAME)
    assert_config_matches_spec(
        config=config, spec_result=output["spec"], connector_name=NAME, scenario_id="usual"
    )
    assert_check_outcome(
        check_result=output["check"], expected_outcome=ExpectedOutcome.EXPECT_SUCCESS, connector_name=NAME
    )
    problems = find_catalog_problems(output["discover"].catalog.catalog)
    expect(not problems, f"problems of the catalog: {problems}")
    records = output["read"].records
    assert_read_records(
        records=records,
        configured_catalog=ConfiguredAirbyteCatalogSerializer.load(configured),
        require_records_per_stream=True,
        validate_schema=True,
    )
    expect(len(records) == len(bridge.fake.truth()), f"{len(records)} records")
    expect(not output["read"].errors, "an error")
    for verb, result in output.items():
        assert_no_secrets_in_output(result, spec=spec, config=config, verb=verb, connector_name=NAME)
    bridge.config(api_token="bkua_" + "f0" * 20)
    failed = EntrypointOutput(bridge.airbyte("check --config config.json"))
    assert_check_outcome(check_result=failed, expected_outcome=ExpectedOutcome.EXPECT_EXCEPTION, connector_name=NAME)
    return f"{len(records)} records pass the assertions on spec, check, discover, read and secrets"


main(standard_tests)
