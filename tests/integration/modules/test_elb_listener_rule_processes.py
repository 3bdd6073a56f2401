"""Cases 27 and 29 with real processes: twenty deployers, each with its own clients, random numbers and memory."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.integration.modules import rule_process
from tests.integration.modules.listener_rule import Document, Listener, fixed, path

RUNS = 20


def at_once(listener: Listener, names: list[str]) -> list[Document]:
    """Run the module for all the names, each in a process, begun together."""
    connection = {
        "region": listener.aws.region,
        "endpoint_url": listener.aws.url,
        "access_key": "sandbox",
        "secret_key": "sandbox",
    }
    tasks = [
        {"name": name, "listener_arn": listener.arn, "conditions": [path(f"/{name}")], "actions": [fixed()]}
        for name in names
    ]
    context: Any = multiprocessing.get_context("forkserver")
    # Imported once, not twenty times.
    context.set_forkserver_preload(["boto3", "tests.integration.modules.rule_process"])
    begin = context.Barrier(len(names))
    with ProcessPoolExecutor(len(names), context, rule_process.prepare, (begin,)) as pool:
        return list(pool.map(rule_process.run, [{**connection, **task} for task in tasks]))


def test_27_twenty_processes_of_different_names_make_twenty_rules(listener: Listener) -> None:
    foreign = listener.foreign(105, path("/foreign"))
    names = [f"run-{number}" for number in range(RUNS)]
    results = at_once(listener, names)
    assert not [result["msg"] for result in results if result.get("failed")]
    rules = {rule["RuleArn"]: rule for rule in listener.rules() if not rule["IsDefault"]}
    assert len(rules) == RUNS + 1 and rules[foreign]["Priority"] == "105"
    for name, result in zip(names, results, strict=True):
        rule = rules[result["rule_arn"]]
        assert (rule["Priority"], rule["Conditions"][0]["Values"]) == (str(result["priority"]), [f"/{name}"])


def test_29_twenty_processes_of_one_name_make_one_rule(listener: Listener) -> None:
    results = at_once(listener, ["own"] * RUNS)
    assert not [result["msg"] for result in results if result.get("failed")]
    (rule,) = [rule for rule in listener.rules() if not rule["IsDefault"]]
    assert {result["rule_arn"] for result in results} == {rule["RuleArn"]}
