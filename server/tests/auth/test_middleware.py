"""Requests to the endpoint without a token, with a bad one, and with several."""

import time

from conftest import HOST, PING, Running, token


def test_a_missing_token_is_answered_with_the_scheme_but_no_error(server: Running) -> None:
    for authorization in ("", "Basic YTpi", "Bearer", "Token abc"):
        response = server.post(PING, Authorization=authorization)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Bearer realm="quilt-mcp-server"'


def test_a_bad_token_is_answered_with_the_reason(server: Running) -> None:
    response = server.post(PING, Authorization=f"Bearer {token(exp=int(time.time()) - 60)}")
    assert response.status_code == 401
    challenge = response.headers["www-authenticate"]
    assert 'error="invalid_token"' in challenge
    assert "expired" in challenge


def test_two_authorization_headers_are_refused(server: Running) -> None:
    good, other = f"Bearer {token()}", f"Bearer {token(sub='bob')}"
    for pair in ((good, other), (good, good), ("Basic YTpi", good)):
        headers = [("Host", HOST), ("Accept", "application/json"), *(("Authorization", value) for value in pair)]
        response = server.http.post("/mcp", json=PING, headers=headers)
        assert response.status_code == 400
        assert 'error="invalid_request"' in response.headers["www-authenticate"]


def test_a_token_in_the_query_is_none(server: Running) -> None:
    for name in ("access_token", "token", "authorization"):
        assert server.post(PING, f"/mcp?{name}={token()}", Authorization="").status_code == 401
