"""A plugin of pytest: what is skipped on a person's machine fails in CI."""

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test fails in CI, which installs everything: what cannot be installed there is not tested."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr[-1] if isinstance(report.longrepr, tuple) else ''}"
    return report
