"""The contract of a part of the evidence pack.

A plug-in subclasses ``PackPart`` and registers it in a module ``evidence`` of an installed app.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.functional import Promise
from django.utils.timezone import make_aware

from hub.organisations.models import Organisation
from hub.registry import Registry


@dataclass(frozen=True)
class Pack:
    """What a pack is about: made by the framework from the policy, a part cannot widen it."""

    organisation: Organisation
    #: The pack shows what was true at the end of this day.
    day: date
    #: Whether the right answers of quizzes are in it.
    with_key: bool = False

    @property
    def until(self) -> datetime:
        """The end of the day: what happened from then on is not in the pack."""
        return make_aware(datetime.combine(self.day + timedelta(days=1), time.min))


@dataclass(frozen=True)
class PackFile:
    """One file: its path in the pack, and its bytes as they are made."""

    path: str
    pieces: Iterable[bytes]


class PackPart:
    """One kind of files in the pack. Equal data must give equal bytes: no present time in them."""

    identifier: str
    #: What the explanation of the pack calls it, and says of it.
    label: str | Promise
    description: str | Promise
    #: Where it stands in the pack, for the explanation: files or folders.
    paths: tuple[str, ...]
    #: Lower ones are written and explained first.
    order = 100

    def files(self, pack: Pack) -> Iterator[PackFile]:
        """The files, one after the other; each is written before the next one is asked for.

        The active language is German. Rows are streamed, never collected.
        """
        raise NotImplementedError


pack_parts: Registry[PackPart] = Registry(
    "evidence part",
    key_attribute="identifier",
    contract=("label", "description", "paths", "files"),
)
