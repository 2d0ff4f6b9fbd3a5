"""What everything has in common that is frozen: how its versions are shown."""

from __future__ import annotations

from typing import Any

from courses.readers import Reader

from .versions import ContentVersion


class FrozenUnitMixin:
    """A course, an activity or a question of the bank: the contract of what can be frozen.

    What shows a version are methods of the class and not of a page: a version is opened as it was
    also after its page is gone.
    """

    #: Draws the frozen ``version`` as a part of a page, with what ``get_version_context`` adds. The
    #: one given here lists names and values.
    version_template = "courses/versions/any.html"

    @classmethod
    def holds_key(cls) -> bool:
        """Whether the frozen content holds right answers, which learners and HR must not see."""
        return False

    @classmethod
    def get_version_context(cls, version: ContentVersion, reader: Reader) -> dict[str, Any]:
        """What ``version_template`` is drawn with, for ``reader``; beside it stand ``version``,
        ``reader`` and ``shows_all``: whether the content may be shown as it is.
        """
        return {}

    def get_evidence(self) -> dict[str, Any]:
        """What a content version freezes: everything a learner reads, as JSON values."""
        raise NotImplementedError
