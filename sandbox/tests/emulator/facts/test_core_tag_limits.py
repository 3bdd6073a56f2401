"""Number, uniqueness, characters and lengths of tags, when a resource is made and when tags are added to it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import code
from sandbox.tests.emulator.facts.tagged import ADD, CREATE, Tags, scalable_target

FIFTY: Tags = [(f"k{number}", "v") for number in range(50)]
TOO_MANY = {
    "cloudwatch": "LimitExceeded",
    "ec2": "TagLimitExceeded",
    "ecr": "TooManyTagsException",
    "ecs": "InvalidParameterException",
    "elbv2": "TooManyTags",
    "iam": "LimitExceeded",
    "logs": "TooManyTagsException",
    "ssm": "TooManyTagsError",
}
# Their models say how many tags a request may have, which comes first.
BY_MODEL = {
    "ecs": "InvalidParameterException",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
}


@pytest.mark.parametrize("service", CREATE)
@pytest.mark.usefixtures("empty")
def test_fifty_tags_and_no_more(client: Client, service: str) -> None:
    with pytest.raises(ClientError) as caught:
        CREATE[service](client, [*FIFTY, ("one", "more")])
    assert code(caught) == BY_MODEL.get(service, TOO_MANY[service])
    CREATE[service](client, FIFTY)
    ADD[service](client, FIFTY[:3])
    with pytest.raises(ClientError) as caught:
        ADD[service](client, [("one", "more")])
    assert code(caught) == TOO_MANY[service]


def test_a_scalable_target_has_fifty_tags_and_no_more(seeded: ControlPlane, client: Client) -> None:
    with pytest.raises(ClientError) as caught:
        scalable_target(client, [*FIFTY, ("one", "more")])
    assert code(caught) == "TooManyTagsException"
    scalable_target(client, FIFTY)


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("cloudwatch", "InvalidParameterValue"),
        ("ec2", "InvalidParameterValue"),
        ("ecr", "InvalidTagParameterException"),
        ("ecs", "InvalidParameterException"),
        ("elbv2", "DuplicateTagKeys"),
        ("iam", "InvalidInput"),
        ("ssm", "ValidationException"),
    ],
)
@pytest.mark.usefixtures("empty")
def test_a_key_stands_once(client: Client, service: str, expected: str) -> None:
    with pytest.raises(ClientError) as caught:
        CREATE[service](client, [("a", "1"), ("b", "2"), ("a", "3")])
    assert code(caught) == expected
    CREATE[service](client, [("a", "1")])
    with pytest.raises(ClientError) as caught:
        ADD[service](client, [("c", "1"), ("c", "1")])
    assert code(caught) == expected


@pytest.mark.parametrize("service", [name for name in CREATE if name != "iam"])
@pytest.mark.usefixtures("empty")
def test_keys_in_two_cases_are_two_keys(client: Client, service: str) -> None:
    CREATE[service](client, [("Team", "1"), ("team", "2")])


@pytest.mark.parametrize(
    ("service", "expected"), [("cloudwatch", "InvalidParameterValue"), ("ecr", "InvalidTagParameterException")]
)
@pytest.mark.parametrize("tag", [("a", "R&D (EMEA), #4"), ("a;b", "x"), ("a", "tab\there")])
@pytest.mark.usefixtures("empty")
def test_characters(client: Client, service: str, expected: str, tag: tuple[str, str]) -> None:
    with pytest.raises(ClientError) as caught:
        CREATE[service](client, [tag])
    assert code(caught) == expected
    CREATE[service](client, [("Größe", "ünï cödé _.:/=+-@ 名")])


@pytest.mark.usefixtures("empty")
def test_ec2_takes_any_character_and_shorter_keys(client: Client) -> None:
    CREATE["ec2"](client, [("R&D", "(EMEA), #4"), ("k" * 127, "v" * 256)])
    for tag in (("k" * 128, "v"), ("k", "v" * 257)):
        with pytest.raises(ClientError) as caught:
            CREATE["ec2"](client, [tag])
        assert code(caught) == "InvalidParameterValue"
