"""What the claims of providers grant by configuration, and what they never do."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import KEY, Running, token
from hypothesis import given
from hypothesis import strategies as st

from auth.providers import AUTH0, COGNITO, ENTRA, KEYCLOAK, OKTA, Claims, Provider
from auth.test_jwks import Address
from quilt_mcp_server.auth.claim_grants import ClaimGrants
from quilt_mcp_server.auth.principal import AccessDeniedError, Principal, authorize, authorize_action
from quilt_mcp_server.oauth_grants import ClaimGrant


def principal(claims: Claims, *rules: ClaimGrant) -> Principal:
    return ClaimGrants(rules).principal({"sub": "alice", "exp": 1} | claims)


def allowed(who: Principal, bucket: str, action: str) -> bool:
    try:
        authorize(who, bucket, action)
    except AccessDeniedError:
        return False
    return True


READERS = ClaimGrant(("groups",), value="readers", buckets=("data-*",), permissions=frozenset({"s3:Get*"}))
WRITERS = ClaimGrant(("groups",), value="writers", buckets=("own-data",))
ROLE = ClaimGrant(("groups",), value="admins", roles=("Admin", "Reader"))


def test_a_rule_grants_to_those_with_its_value() -> None:
    who = principal({"groups": ["readers", "others"]}, READERS, WRITERS, ROLE)
    assert (who.buckets, who.permissions, who.roles) == (("data-*",), frozenset({"s3:Get*"}), ())
    assert principal({"groups": "readers"}, READERS).buckets == ("data-*",)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"groups": []},
        {"groups": None},
        {"groups": "reader"},
        {"groups": "readers writers"},
        {"groups": ["Readers", "readers ", "*", "r?aders", 5, ["readers"], {"readers": 1}, True]},
        {"groups": {"readers": ["readers"]}},
        {"Groups": ["readers"]},
        {"_claim_names": {"groups": "src1"}},
        {"buckets": ["data-1"], "permissions": ["s3:*"], "roles": ["Admin"], "b": ["data-1"]},
    ],
    ids=str,
)
def test_nothing_else_is_granted(claims: Claims) -> None:
    who = principal(claims, READERS, WRITERS, ROLE)
    assert (who.buckets, who.permissions, who.roles) == ((), frozenset(), ())
    with pytest.raises(AccessDeniedError):
        authorize_action(who, "athena:StartQueryExecution")


def test_what_two_rules_grant_is_not_mixed() -> None:
    who = principal({"groups": ["readers", "writers"]}, READERS, WRITERS)
    assert allowed(who, "data-1", "s3:GetObject") and allowed(who, "own-data", "s3:PutObject")
    assert not allowed(who, "data-1", "s3:PutObject")
    assert not allowed(who, "other", "s3:GetObject")
    for claims in ({"groups": ["readers"]}, {"groups": ["writers"]}):
        alone = principal(claims, READERS, WRITERS)
        assert not allowed(alone, "data-1", "s3:PutObject")


GROUPS = st.sets(st.sampled_from(["a", "b", "c", "d"]))
RULES = st.builds(
    ClaimGrant,
    claim=st.just(("groups",)),
    value=st.sampled_from(["a", "b", "c", "d"]),
    buckets=st.lists(st.sampled_from(["one", "two", "t*", "*"]), max_size=2).map(tuple),
    permissions=st.none() | st.frozensets(st.sampled_from(["s3:GetObject", "s3:Put*"]), min_size=1),
)


@given(GROUPS, st.lists(RULES, max_size=5), st.sampled_from(["one", "two"]), st.sampled_from(["Get", "Put", "Delete"]))
def test_a_caller_may_do_what_one_rule_grants(
    groups: set[str], rules: list[ClaimGrant], bucket: str, action: str
) -> None:
    together = principal({"groups": sorted(groups)}, *rules)
    each = [principal({"groups": sorted(groups)}, rule) for rule in rules]
    name = f"s3:{action}Object"
    assert allowed(together, bucket, name) == any(allowed(who, bucket, name) for who in each)


def test_scopes_are_separated_and_other_text_is_not() -> None:
    rule = ClaimGrant(("scope",), value="mcp.read", buckets=("data-1",))
    assert principal({"scope": "openid mcp.read"}, rule).buckets == ("data-1",)
    assert principal({"scope": "openid mcp.reader"}, rule).buckets == ()
    spaced = ClaimGrant(("groups",), value="Data Science", buckets=("data-1",))
    assert principal({"groups": ["Data Science"]}, spaced).buckets == ("data-1",)
    assert principal({"groups": ["Data", "Science"]}, spaced).buckets == ()


def test_a_path_is_never_a_name() -> None:
    """A claim's name may have dots, as Auth0's, which are URLs."""
    path = ClaimGrant(("realm_access", "roles"), value="x", buckets=("data-1",))
    assert principal({"realm_access": {"roles": ["x"]}}, path).buckets == ("data-1",)
    for claims in ({"realm_access.roles": ["x"]}, {"realm_access": ["roles", "x"]}, {"roles": ["x"]}):
        assert principal(claims, path).buckets == ()
    url = ClaimGrant(("https://example.com/roles",), value="x", buckets=("data-1",))
    assert principal({"https://example.com/roles": ["x"]}, url).buckets == ("data-1",)
    assert principal({"https://example": {"com/roles": ["x"]}}, url).buckets == ()


def test_a_pattern_is_as_iam_s() -> None:
    rule = ClaimGrant(("groups",), pattern="sci-??", buckets=("data-1",))
    assert principal({"groups": ["sci-eu"]}, rule).buckets == ("data-1",)
    assert principal({"groups": ["sci-eur", "xsci-eu", "SCI-EU"]}, rule).buckets == ()


@pytest.fixture
def published() -> Iterator[Address]:
    found = Address()
    yield found
    found.stop()


BY_PROVIDER: list[tuple[Provider, str, dict[str, Any]]] = [
    (COGNITO, "no audience", {"claim": "cognito:groups", "value": "scientists"}),
    (COGNITO, "no audience", {"claim": "scope", "value": "demo/read"}),
    (ENTRA, "version 2", {"claim": "roles", "value": "Scientist"}),
    (OKTA, "its resource", {"claim": "groups", "pattern": "scien*"}),
    (KEYCLOAK, "a realm's", {"claim": ["realm_access", "roles"], "value": "scientist"}),
    (AUTH0, "Auth0 profile", {"claim": "permissions", "value": "mcp.read"}),
]


def test_each_provider_s_claim_grants(serve: Callable[..., Running], published: Address, s3: Any) -> None:
    for provider, case, rule in BY_PROVIDER:
        grants = [rule | {"buckets": ["quilt-example"], "permissions": ["s3:ListBucket"]}]
        server = serve(
            QUILT_MCP_JWKS_URL=published.url,
            QUILT_MCP_OAUTH_ISSUER=provider.issuer,
            QUILT_MCP_OAUTH_GRANTS=json.dumps(grants),
            **provider.settings,
        )
        bearer = f"Bearer {provider.token(provider.access[case] | {'buckets': ['quilt-secret']})}"
        who = server.call("whoami", Authorization=bearer)
        assert (who["buckets"], who["permissions"], who["roles"]) == (["quilt-example"], ["s3:ListBucket"], [])
        server.call("bucket_objects_list", {"bucket": "quilt-example"}, Authorization=bearer)
        denied = server.fail("bucket_objects_list", {"bucket": "quilt-secret"}, Authorization=bearer)
        assert "does not grant the bucket 'quilt-secret'" in denied
        denied = server.fail("bucket_object_text", {"s3_uri": "s3://quilt-example/a"}, Authorization=bearer)
        assert "does not grant s3:GetObject" in denied


def test_the_frontend_s_tokens_mean_what_they_meant(serve: Callable[..., Running], published: Address) -> None:
    server = serve(
        QUILT_MCP_JWKS_URL=published.url,
        QUILT_MCP_OAUTH_ISSUER=OKTA.issuer,
        QUILT_MCP_OAUTH_GRANTS=json.dumps([{"claim": "sub", "pattern": "*", "buckets": ["*"]}]),
    )
    raw = token(KEY, groups=["scientists"], permissions=["s3:GetObject"])
    who = server.call("whoami", Authorization=f"Bearer {raw}")
    assert (who["buckets"], who["permissions"]) == (["quilt-example"], ["s3:GetObject"])
