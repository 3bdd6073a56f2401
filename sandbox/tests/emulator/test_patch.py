"""Several corrections may wrap one method, and each does it once."""

from __future__ import annotations

from typing import Any

from sandbox.emulator.patch import wrap


class Service:
    """As moto has it."""

    def answer(self, name: str) -> str:
        return name


def _loud(original: Any, self: Any, name: str) -> str:
    return f"{original(self, name)}!"


def _twice(original: Any, self: Any, name: str) -> str:
    return f"{original(self, name)} {original(self, name)}"


def test_wrappers_stand_on_each_other_and_none_is_installed_again() -> None:
    for _ in range(3):
        wrap(Service, "answer", _loud)
        wrap(Service, "answer", _twice)
    assert Service().answer("a") == "a! a!"


class Base:
    """Has the method."""

    def answer(self, name: str) -> str:
        return name


class Derived(Base):
    """Has it from the class above."""


def test_an_inherited_method_is_wrapped_whichever_class_comes_first() -> None:
    for _ in range(2):
        wrap(Derived, "answer", _loud)
        wrap(Base, "answer", _twice)
    assert (Base().answer("a"), Derived().answer("a")) == ("a a", "a a!")
