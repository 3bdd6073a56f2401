"""What of the user's environment the sandbox's process gets."""

from __future__ import annotations

from sandbox.cli.environment import scrubbed


def test_aws_settings_proxies_and_ca_bundles_stay_with_the_user() -> None:
    of_the_user = {"AWS_PROFILE": "work", "AWS_REGION": "x", "https_proxy": "http://p", "SSL_CERT_FILE": "/ca"}
    kept = {"PATH": "/bin", "SANDBOX_PORT": "8443", "HOME": "/home/a"}
    assert scrubbed({**of_the_user, **kept}) == {**kept, "NO_PROXY": "*", "no_proxy": "*"}
