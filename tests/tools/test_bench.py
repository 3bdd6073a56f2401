"""The parts of `make bench` that need no account: what is counted, which goal is met, what is printed."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.speed import collection, inventory, measure, placement, playbooks, profile, resources, table, terraform
from bench.speed.calls import without_polls
from bench.speed.measure import Usage
from bench.speed.playbooks import Run, Task
from bench.speed.rows import BEFORE, ROWS, Figures, Row
from bench.speed.sandbox import Call

LOOK, HEALTH, RULES = "ecs:DescribeServices", "elbv2:DescribeTargetHealth", "elbv2:DescribeRules"
PRINTED = """\
decision of                  100 rules      1000 rules      5000 rules   (ms, best of 9)
host and two paths                 2.5            39.0           416.8
path on any host                   5.0           100.0           500.0
"""


@pytest.mark.parametrize(
    ("names", "count"),
    [
        pytest.param([LOOK, LOOK, LOOK], 3, id="no deployment goes on"),
        pytest.param(["ecs:CreateService", LOOK, LOOK, LOOK], 2, id="one look at a new service"),
        pytest.param(["ecs:UpdateService", LOOK, HEALTH, LOOK, HEALTH], 3, id="two operations in turn"),
        pytest.param(["ecs:CreateService", LOOK, RULES, LOOK, LOOK], 5, id="the wait is over"),
        pytest.param(["ecs:CreateService", LOOK, LOOK, "ecs:UpdateService", LOOK, LOOK], 4, id="a second deployment"),
    ],
)
def test_a_waiters_polls_are_not_counted(names: list[str], count: int) -> None:
    assert without_polls(names) == count


def test_resources_are_counted_by_type_with_their_parts() -> None:
    before = {"sg-1": {"IpPermissions": [{}]}}
    after = before | {
        "sg-2": {"IpPermissions": [{}], "IpPermissionsEgress": [{}, {}]},
        "arn:aws:iam::1:role/a": {"Inline": {"one": {}}},
        "arn:aws:iam::1:role/b": {"Inline": {}},
        "arn:aws:sqs:::new": {},
    }
    wanted = {"security group": 1, "ingress rule": 1, "egress rule": 2, "IAM role": 2, "IAM role policy": 1}
    assert resources.made(before, after) == Counter(wanted) + Counter({"arn:aws:sqs:::new": 1})


def test_lists_of_resources_that_differ_are_said_to() -> None:
    assert "(equal)" in table.of_resources(Counter({"IAM role": 2}), Counter({"IAM role": 2}))
    text = table.of_resources(Counter({"IAM role": 2}), Counter({"log group": 1}))
    assert "(NOT EQUAL)" in text
    assert [line.split() for line in text.splitlines()[1:]] == [["IAM", "role", "2", "0"], ["log", "group", "0", "1"]]


def test_the_printed_table_of_placement_is_read() -> None:
    figures = placement.read(PRINTED)
    assert figures["host and two paths/5000"] == 416.8
    assert placement.cheapest(figures) == 2.5
    assert placement.ratios(figures, 2.5) == ([1.0, 2.0], [416.8 / 39.0, 5.0])


def figures(**seconds: list[float]) -> Figures:
    return Figures({name.replace("_", "-"): [{"cpu": one} for one in many] for name, many in seconds.items()})


def row(title: str) -> Row:
    (found,) = [one for one in ROWS if one.title == title]
    return found


@pytest.mark.parametrize(
    ("noop", "met"), [([5.0, 90.0, 4.0], True), ([5.0049], True), ([5.1], False), ([1.0, 5.1, 9.0], False)]
)
def test_a_goal_is_met_by_the_median(noop: list[float], met: bool) -> None:
    assert row("nothing to change / empty play").met(figures(noop=noop, empty=[1.0])) is met


def test_a_row_whose_parts_were_not_measured_is_neither_met_nor_missed() -> None:
    found = figures(noop=[5.0])
    assert row("nothing to change / empty play").measured(found, "") is None
    assert row("nothing to change / empty play").met(found) is None


def test_the_earlier_commit_is_compared_with_the_same_empty_play() -> None:
    found = figures(noop=[5.0], before_noop=[16.0], empty=[1.0])
    assert row("nothing to change / empty play").measured(found, BEFORE) == [16.0]


def test_each_question_of_placement_has_to_meet_the_goal() -> None:
    own, before = (
        {f"{one}/100": taken for one, taken in zip("abc", many, strict=True)} for many in ((1, 2, 5), (1, 3, 4))
    )
    sizes = {f"{one}/{size}": 1.0 for one in "abc" for size in (1000, 5000)}
    found = Figures({"placement": [own | sizes], "before-placement": [before | sizes]})
    assert row("placement, 100 rules / the cheapest of 8c6dfb0").measured(found, "") == [1, 2, 5]
    assert row("placement, 100 rules / the cheapest of 8c6dfb0").met(found) is False
    assert row("placement, 5,000 rules / 1,000 rules").met(found) is True


def test_the_table_has_a_line_for_each_goal_of_the_issue() -> None:
    lines = table.of_goals(figures(noop=[4.0], before_noop=[16.0], empty=[1.0]), "38").splitlines()
    assert len(lines) == 1 + len(ROWS) + 1
    assert lines[1].split()[-4:] == ["5", "4.00", "yes", "16.00"]
    assert lines[2].split()[-4:] == ["0.2", "-", "-", "-"]
    assert lines[-1].split()[-4:] == ["40", "38", "yes", "84"]


def test_the_medians_are_shown_with_their_spread() -> None:
    one = {"wall": 2.0, "calls": 45.0, "writes": 0.0, "tasks": 32.0}
    text = table.of_samples(Figures({"noop": [one | {"cpu": cpu} for cpu in (1.0, 3.0, 1.5)]}))
    assert text.splitlines()[1].split() == ["noop", "1.50", "1.00", "to", "3.00", "2.00", "45", "0", "32"]


def test_a_profile_names_the_most_expensive_tasks_and_the_most_frequent_calls_first() -> None:
    tasks = [Task("r : Cheap", "a.b.show", 0.1, 0.1), *[Task("r : Dear", "a.b.keep", 0.3, 0.5)] * 2]
    calls = [Call("ecs", "ListTasks", False), *[Call("iam", "GetRole", False)] * 2]
    lines = profile.of_run("noop", Run(Usage(2.0, 1.0), calls, tasks)).splitlines()
    assert lines[1].split()[-2:] == ["0.30", "0.90"], "what comes before the first task is the rest"
    assert lines[2].split() == ["Dear", "(keep)", "2", "0.60", "1.00"]
    assert lines[-1] == "3 AWS calls: 2 x iam:GetRole, 1 x ecs:ListTasks"


def test_the_inventory_has_no_input_of_a_role_but_the_boundary_and_no_lookup() -> None:
    given = {"mcp_server_stack": "sales-prod", "mcp_server_aws": {"profile": "x"}, "logs_retention_days": 7}
    values = inventory.values(given, "http://127.0.0.1:1")
    assert values.keys() == {"mcp_server_stack", "mcp_server_aws", "iam_permissions_boundary"}
    assert values["mcp_server_aws"]["endpoint_url"] == "http://127.0.0.1:1"


def test_deployments_in_one_stack_share_no_name() -> None:
    hosts = inventory.fleet(5)
    assert len(hosts) == 5
    for name in inventory.names(1):
        assert len({values[name] for values in hosts.values()}) == 5, name


def test_the_cpu_time_of_children_counts(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    usage = measure.run(
        ["sh", "-c", f"'{sys.executable}' -c '{busy}' & wait"], measure.environment(), tmp_path, tmp_path / "log"
    )
    assert usage.cpu >= 0.3


def test_a_command_that_fails_ends_the_measurement_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no such host"):
        measure.run(["sh", "-c", "echo no such host; false"], measure.environment(), tmp_path, tmp_path / "log")


def test_a_commit_that_the_clone_lacks_takes_no_part(tmp_path: Path) -> None:
    assert collection.clone("0" * 40, tmp_path / "clone") is None


def test_terraforms_provider_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert terraform.find_mirror() != tmp_path
    folder = tmp_path / "registry.terraform.io/hashicorp/aws/9.0.0/linux_amd64"
    folder.mkdir(parents=True)
    (folder / "terraform-provider-aws_v9.0.0_x5").touch()
    assert terraform.find_mirror() == tmp_path


def test_every_task_counts_that_a_run_starts(tmp_path: Path) -> None:
    """Skipped ones, includes and the validation of a role's arguments too."""
    (tmp_path / "roles/some/meta").mkdir(parents=True)
    (tmp_path / "roles/some/tasks").mkdir()
    (tmp_path / "roles/some/meta/argument_specs.yml").write_text("argument_specs: {main: {options: {}}}\n")
    (tmp_path / "roles/some/tasks/main.yml").write_text("- {name: Skipped, ansible.builtin.debug: {}, when: false}\n")
    playbook = tmp_path / "play.yml"
    playbook.write_text(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n"
        "    - {name: Include, ansible.builtin.include_role: {name: some}}\n"
        "    - {name: Plain, ansible.builtin.debug: {}}\n"
    )
    tasks = tmp_path / "tasks.json"
    environment = measure.environment(
        HOME=str(tmp_path), ANSIBLE_CONFIG=collection.no_settings(tmp_path), **playbooks.counting(tasks)
    )
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    measure.run([program, "-i", "localhost,", str(playbook)], environment, tmp_path, tmp_path / "log")
    names = [task.name.rpartition(" : ")[2] for task in playbooks.read_tasks(tasks)]
    assert [name.partition(" ")[0] for name in names] == ["Include", "Validating", "Skipped", "Plain"]
