"""Questions of the bank as their content versions have them, read once and kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from wagtail.blocks import StreamValue

from .models import BankQuestion, ContentVersion
from .questions.unknown import UNKNOWN


@dataclass(frozen=True)
class FrozenQuestion:
    """A question of the bank in one of its versions."""

    language: str
    child: StreamValue.StreamChild


_KEPT_AT_MOST = 4096
_kept: dict[int, FrozenQuestion] = {}
_lock = Lock()


def frozen_questions(version_pks: Iterable[int]) -> dict[int, FrozenQuestion]:
    """The questions by the primary keys of their versions; one query for all not read before.

    Versions never change, so neither do the answers. Questions of a type that is not installed
    are left out.
    """
    wanted = set(version_pks)
    with _lock:
        found = {pk: _kept[pk] for pk in wanted if pk in _kept}
    if missing := wanted - found.keys():
        read = dict(_read(missing))
        with _lock:
            _kept.update(read)
            while len(_kept) > _KEPT_AT_MOST:
                del _kept[next(iter(_kept))]
        found |= read
    return found


def forget_frozen_questions() -> None:
    """For tests, in which primary keys come again."""
    with _lock:
        _kept.clear()


def _read(version_pks: Iterable[int]) -> Iterable[tuple[int, FrozenQuestion]]:
    block = BankQuestion._meta.get_field("question").stream_block
    for pk, language, content in ContentVersion.objects.filter(pk__in=version_pks).values_list(
        "pk", "language", "content"
    ):
        child = block.to_python([content["question"]])[0]
        if child.block_type != UNKNOWN:
            yield pk, FrozenQuestion(language, child)
