"""SANDBOX_SEED names another stack, or is refused with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.cli import seed_choice
from sandbox.seed.sales_prod import SALES_PROD

SHOP = Path(__file__).parents[1] / "seed" / "shop.py"


def test_unset_it_is_sales_prod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_SEED", raising=False)
    assert seed_choice.choose() is SALES_PROD
    assert seed_choice.absolute() == {}


def test_a_stack_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SHOP.parent)
    monkeypatch.setenv("SANDBOX_SEED", "shop.py:SHOP")
    assert seed_choice.choose().name == "shop"
    assert seed_choice.absolute() == {"SANDBOX_SEED": f"{SHOP}:SHOP"}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("shop.py", "must be FILE.py:NAME"),
        ("nowhere.py:SHOP", "with a file that exists"),
        (f"{SHOP}:Rule", "no sandbox.seed.stack.Stack with a load balancer"),
        (f"{SHOP}:NONE", "no sandbox.seed.stack.Stack with a load balancer"),
    ],
)
def test_what_is_no_stack_is_refused(monkeypatch: pytest.MonkeyPatch, value: str, problem: str) -> None:
    monkeypatch.setenv("SANDBOX_SEED", value)
    with pytest.raises(seed_choice.SeedProblem, match=problem):
        seed_choice.choose()
