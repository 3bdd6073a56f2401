# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Exact algebra of the glob patterns of a load balancer: containment, intersection, union, with shortest examples.

A glob is a small automaton whose set of states fits into one integer. Containment and union are searches over the
product of such automata, breadth first, so that the first string found is a shortest one. Nothing here is a heuristic:
the quick answers are theorems (stated where they are used), the others are searched, and a search that would grow
beyond its bound says so by raising L(TooComplex) instead of guessing.
"""

from __future__ import annotations

import functools
import itertools
from collections import deque
from collections.abc import Iterator, Sequence

ONE = -1  # `?`, exactly one character
STAR = -2  # `*`, any number of characters
WILDCARDS = {"*": STAR, "?": ONE}
SEARCH_BOUND = 20_000  # product states; about a second of work, far above what real listeners need

# What an example is made of, the most readable first. Characters beyond them count as soon as a pattern names them.
HOST_CHARACTERS = "xabcdefghijklmnopqrstuvwyz0123456789-."
TEXT_CHARACTERS = HOST_CHARACTERS + "_~/ABCDEFGHIJKLMNOPQRSTUVWXYZ$'@:+&=*?"


class TooComplex(Exception):
    """The search passed its bound: the answer is unknown, not no."""


class Glob:
    """One pattern as an automaton; equal patterns (``**`` and ``*``, ``*?`` and ``?*``) are equal objects by value."""

    __slots__ = (
        "_any", "_final", "_masks", "_middle", "_samples", "_stars", "_start",
        "begins", "literal", "prefix", "suffix", "tokens",
    )  # fmt: skip

    def __init__(self, tokens: Sequence[int]) -> None:
        self.tokens = _tidy(tokens)
        self._samples: tuple[str, str] | None = None
        self._start = 0  # until the automaton is needed, which for most globs is never
        wild = [position for position, token in enumerate(self.tokens) if token < 0]
        self.prefix = _text(self.tokens[: wild[0]] if wild else self.tokens)
        self.suffix = _text(self.tokens[wild[-1] + 1 :]) if wild else self.prefix
        self.literal = not wild  # its only string is its prefix
        self.begins = wild == [len(self.tokens) - 1] and self.tokens[-1] == STAR  # its strings are all with its prefix
        self._middle: tuple[str, ...] | None = None  # the texts between the stars, where there is no `?`
        if wild and ONE not in self.tokens:
            self._middle = tuple(_text(self.tokens[before + 1 : after]) for before, after in itertools.pairwise(wild))

    @property
    def longest_text(self) -> str:
        """The longest text known to be in every string that matches."""
        return max((self.prefix, self.suffix, *(self._middle or ())), key=len)

    @property
    def start(self) -> int:
        """The states before the first character."""
        if not self._start:
            self._build()
        return self._start

    def _build(self) -> None:
        """Globs are shared by threads, so what is seen of the automaton is always whole."""
        stars = any_one = 0
        masks: dict[str, int] = {}
        for position, token in enumerate(self.tokens):
            if token == STAR:
                stars |= 1 << position
            elif token == ONE:
                any_one |= 1 << position
            else:
                masks[chr(token)] = masks.get(chr(token), 0) | 1 << position
        self._stars, self._any, self._final = stars, any_one, 1 << len(self.tokens)
        self._masks = {character: mask | any_one for character, mask in masks.items()}
        self._start = 1 | (stars & 1) << 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Glob) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)

    def __repr__(self) -> str:
        return f"Glob({''.join({ONE: '?', STAR: '*'}.get(token) or chr(token) for token in self.tokens)!r})"

    def step(self, state: int, character: str) -> int:
        """The states after one more character; 0 when no string with that beginning matches. `start` comes first.

        A star that was reached makes everything before it superfluous: what an earlier state accepts, the star accepts.
        """
        state = (state & self._masks.get(character, self._any)) << 1 | (state & self._stars)
        state |= (state & self._stars) << 1
        stars = state & self._stars
        if stars:
            last = stars.bit_length() - 1
            state = state >> last << last
        return state

    def accepts(self, state: int) -> bool:
        return bool(state & self._final)

    def moves(self, state: int) -> tuple[set[str], bool]:
        """The characters which a state distinguishes, and whether it goes on with any other character too."""
        named = {character for character, mask in self._masks.items() if state & mask & ~self._any}
        return named, bool(state & (self._any | self._stars))

    def matches(self, text: str) -> bool:
        """Whether the whole text matches; case counts, so a caller that ignores case folds both sides."""
        if self.literal:
            return text == self.prefix
        if not (text.startswith(self.prefix) and text.endswith(self.suffix)):
            return False
        if self._middle is not None:
            return self._holds_in_order(text, self._middle)
        state = self.start
        for character in text:
            state = self.step(state, character)
            if not state:
                return False
        return self.accepts(state)

    def _holds_in_order(self, text: str, middle: Sequence[str]) -> bool:
        """Whether each text stands behind the one before it, between prefix and suffix.

        Theorem: with nothing but stars between them it is enough to take the first place where each one fits.
        """
        position, end = len(self.prefix), len(text) - len(self.suffix)
        for part in middle:
            found = text.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return position <= end

    def samples(self) -> tuple[str, str]:
        """Two strings that match and that other patterns hardly match: with and without something for a star."""
        if self._samples is None:
            filled = "".join("x" if token < 0 else chr(token) for token in self.tokens)
            bare = (
                filled if self.literal else _text([ord("x") if one < 0 else one for one in self.tokens if one != STAR])
            )
            self._samples = filled, bare
        return self._samples


def parse(text: str, *, fold: bool = False, escapes: bool = False) -> Glob:
    """A glob from the text of a condition value.

    ``fold`` for comparisons that ignore case (hosts, headers, query strings), ``escapes`` where a backslash takes the
    meaning from the next character (query strings only).
    """
    return _parse(text, fold, escapes)


@functools.lru_cache(maxsize=65536)
def _parse(text: str, fold: bool, escapes: bool) -> Glob:
    return Glob(_tokens(text, fold, escapes))


def _tokens(text: str, fold: bool = False, escapes: bool = False) -> list[int]:
    text = text.lower() if fold else text
    if not escapes:
        return [WILDCARDS.get(character) or ord(character) for character in text]
    tokens: list[int] = []
    characters = iter(text)
    for character in characters:
        if character == "\\":
            tokens.append(ord(next(characters, "\\")))
        else:
            tokens.append(WILDCARDS.get(character) or ord(character))
    return tokens


@functools.lru_cache(maxsize=65536)
def parse_path(text: str) -> tuple[Glob, ...]:
    """The globs, all beginning with ``/``, which together match the paths that the text matches: none, one or two.

    Every path begins with ``/``: ``*`` is ``/*``, ``?x`` is ``/x``, ``*/x`` is ``/*/x`` or ``/x``, ``x`` never matches.
    """
    slash = ord("/")
    tokens = _tidy(_tokens(text))
    if not tokens:
        return ()
    head, rest = tokens[0], tokens[1:]
    if head == STAR:
        shorter = (Glob(rest),) if rest[:1] == (slash,) else ()
        return (Glob((slash, STAR, *rest)), *shorter)
    return (Glob((slash, *rest)),) if head in (slash, ONE) else ()


def contains(outer: Glob, inner: Glob) -> bool:
    """Whether every string of ``inner`` matches ``outer``. Raises TooComplex when the search does not end in time."""
    if inner.literal:
        return outer.matches(inner.prefix)
    if outer.begins:
        return inner.prefix.startswith(outer.prefix)
    if outer == inner:
        return True
    if outer.literal or not _may_lie_in(outer, inner):
        return False
    return _contains_searched(outer, inner)


def _may_lie_in(outer: Glob, inner: Glob) -> bool:
    """False when the fixed ends refute containment: a wildcard of ``inner`` can differ from a letter of ``outer``."""
    return inner.prefix.startswith(outer.prefix) and inner.suffix.endswith(outer.suffix)


@functools.lru_cache(maxsize=4096)
def _contains_searched(outer: Glob, inner: Glob) -> bool:
    return uncovered_text([inner], [outer]) is None


def intersects(one: Glob, other: Glob) -> bool:
    """Whether some string matches both. Raises TooComplex like contains()."""
    if one.literal or other.literal:
        return other.matches(one.prefix) if one.literal else one.matches(other.prefix)
    if (one.begins and other.prefix.startswith(one.prefix)) or (other.begins and one.prefix.startswith(other.prefix)):
        return True
    if not (_agree(one.prefix, other.prefix) and _agree(one.suffix[::-1], other.suffix[::-1])):
        return False
    if STAR in one.tokens and STAR in other.tokens:
        # Theorem: two globs with stars have a common string exactly if what stands before their first stars and after
        # their last ones fits together, because each one's inner parts can lie inside a star of the other.
        return _fit(_head(one.tokens), _head(other.tokens)) and _fit(_head(one.tokens[::-1]), _head(other.tokens[::-1]))
    return common([one, other]) is not None


def common(globs: Sequence[Glob], alphabet: str = TEXT_CHARACTERS, bound: int = SEARCH_BOUND) -> str | None:
    """A shortest string that matches all of the globs, or None."""
    return next((text for text, _mask in _search(globs, [], alphabet, bound)), None)


def uncovered_text(
    musts: Sequence[Glob], covers: Sequence[Glob], alphabet: str = TEXT_CHARACTERS, bound: int = SEARCH_BOUND
) -> str | None:
    """A shortest string that matches all of ``musts`` and none of ``covers``; None when the covers contain them all."""
    found = _search(musts, [covers] if covers else [], alphabet, bound)
    return next((text for text, mask in found if not mask), None)


def cells(
    must: Glob, watched: Sequence[Sequence[Glob]], alphabet: str = TEXT_CHARACTERS, bound: int = SEARCH_BOUND
) -> list[tuple[int, str]]:
    """The minimal sets of ``watched`` unions that a string of ``must`` can lie in, each with a shortest such string.

    A set is an integer with bit i for ``watched[i]``. Minimal: no other attainable set is a part of it. ``[(0, text)]``
    means that ``text`` lies in none.
    """
    found: dict[int, str] = {}
    for text, mask in _search([must], watched, alphabet, bound):
        if not mask:
            return [(0, text)]
        if not any(known & mask == known for known in found):
            found = {known: example for known, example in found.items() if known & mask != mask}
            found[mask] = text
    return list(found.items())


def _search(
    musts: Sequence[Glob], watched: Sequence[Sequence[Glob]], alphabet: str, bound: int
) -> Iterator[tuple[str, int]]:
    """Yield (string, mask of the watched unions that match it), shortest first, one string for each product state."""
    globs = [*musts, *(glob for union in watched for glob in union)]
    ends: list[int] = []
    for union in watched:
        ends.append((ends[-1] if ends else len(musts)) + len(union))
    start = tuple(glob.start for glob in globs)
    seen = {start}
    queue = deque([(start, "")])
    while queue:
        states, text = queue.popleft()
        if all(must.accepts(state) for must, state in zip(musts, states, strict=False)):
            yield text, _mask(globs, states, len(musts), ends)
        for character in _characters(globs, states, len(musts), alphabet):
            following = tuple(glob.step(state, character) for glob, state in zip(globs, states, strict=True))
            if following in seen or not all(following[: len(musts)]):
                continue
            if len(seen) >= bound:
                raise TooComplex(f"more than {bound} states for {len(globs)} patterns")
            seen.add(following)
            queue.append((following, text + character))


def _mask(globs: Sequence[Glob], states: Sequence[int], first: int, ends: Sequence[int]) -> int:
    mask = 0
    for bit, end in enumerate(ends):
        if any(globs[index].accepts(states[index]) for index in range(first, end)):
            mask |= 1 << bit
        first = end
    return mask


def _characters(globs: Sequence[Glob], states: Sequence[int], musts: int, alphabet: str) -> list[str]:
    """One character of each class that the states distinguish; those that no state names are one class."""
    named: set[str] = set()
    allowed: set[str] | None = None  # the only characters with which a must goes on, when it is on fixed ground
    for index, (glob, state) in enumerate(zip(globs, states, strict=True)):
        if not state:
            continue
        letters, others = glob.moves(state)
        named |= letters
        if index < musts and not others:
            allowed = letters if allowed is None else allowed & letters
    if allowed is not None:
        return sorted(allowed)
    other = next((character for character in alphabet if character not in named), None)
    return ([other] if other else []) + sorted(named)


def _tidy(tokens: Sequence[int]) -> tuple[int, ...]:
    """The same language in one spelling: inside a run of wildcards the `?` come first, then at most one `*`."""
    if STAR not in tokens[:-1]:
        return tuple(tokens)
    tidy: list[int] = []
    star = False
    for token in tokens:
        if token == STAR:
            star = True
            continue
        if star and token != ONE:
            tidy.append(STAR)
            star = False
        tidy.append(token)
    return (*tidy, STAR) if star else tuple(tidy)


def _text(tokens: Sequence[int]) -> str:
    return "".join(map(chr, tokens))


def _head(tokens: Sequence[int]) -> Sequence[int]:
    return tokens[: tokens.index(STAR)]


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) if len(one) > len(other) else other.startswith(one)


def _fit(one: Sequence[int], other: Sequence[int]) -> bool:
    return all(a == b or ONE in (a, b) for a, b in zip(one, other, strict=False))


EVERYTHING = Glob((STAR,))
EVERY_PATH = Glob((ord("/"), STAR))
