"""A memory of what was found for callers, within a limit of bytes."""

import sys
from collections import OrderedDict
from collections.abc import Hashable

_DEEPEST = 6


class BoundedCache[K: Hashable, V]:
    """Keeps the entries that were used last.

    Args:
        entries: That are kept at most.
        bytes_: That keys and values take at most, by the estimate of `weight`.
    """

    def __init__(self, entries: int, bytes_: int) -> None:
        self._entries = entries
        self._bytes = bytes_
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.weight = 0

    def get(self, key: K) -> V | None:
        """What is kept for a key, which counts as used."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int) -> None:
        """Keep a value of some bytes, key included; one that is too large for all is not kept."""
        self.forget(key)
        self._kept[key] = (value, weight)
        self.weight += weight
        while self.weight > self._bytes or len(self._kept) > self._entries:
            _, (_, removed) = self._kept.popitem(last=False)
            self.weight -= removed

    def forget(self, key: K) -> None:
        """Keep nothing for a key."""
        if (known := self._kept.pop(key, None)) is not None:
            self.weight -= known[1]

    def __len__(self) -> int:
        return len(self._kept)


def weight(*values: object) -> int:
    """About how many bytes values take: texts, numbers, and collections and objects of them."""
    return sum(_weight(value, _DEEPEST) for value in values)


def _weight(value: object, depth: int) -> int:
    size = sys.getsizeof(value)
    if depth and isinstance(value, tuple | list | set | frozenset):
        return size + sum(_weight(item, depth - 1) for item in value)
    names = getattr(type(value), "__slots__", ())
    if depth and names and not isinstance(names, str):
        return size + sum(_weight(getattr(value, name), depth - 1) for name in names if hasattr(value, name))
    return size
