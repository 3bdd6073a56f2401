"""The environment of the background process: without what the machine has set for its own purposes."""

from __future__ import annotations

from collections.abc import Mapping

# They would send loopback traffic through proxies and foreign CAs.
_LEFT_OUT = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}
_LEFT_OUT |= {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}


def scrubbed(environ: Mapping[str, str]) -> dict[str, str]:
    """A copy without the user's AWS settings, proxies and CA bundles.

    moto makes AWS sessions when it is imported, so that a profile which does not exist would end the process at once.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name.upper() not in _LEFT_OUT and not name.upper().startswith("AWS_")
    }
    return {**kept, "NO_PROXY": "*", "no_proxy": "*"}
