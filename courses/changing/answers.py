"""Whether it must be said what a change means, and whether it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils.translation import gettext as _
from wagtail.models import Page

from hub.i18n import default_locale_id
from hub.publishing import PublishingRefused

from ..changing_panel import has_question
from ..enums import ChangeKind
from ..models import Attempt, Completion, ContentVersion, Enrolment, QuizPage
from .differences import Content, Difference, differences


@dataclass(frozen=True)
class Change:
    """What a draft changes of the version that is public, and what was said about that."""

    draft: Any
    #: The version that people have learnt last; ``None`` while there is none.
    before: ContentVersion | None

    @cached_property
    def corrected(self) -> frozenset[UUID]:
        """The questions whose change is a correction: what that means is said there, not here."""
        from ..corrections import changed_questions, is_original

        if not isinstance(self.draft, QuizPage) or not is_original(self.draft):
            return frozenset()
        return frozenset(
            changed.question_id for changed in changed_questions(self.draft) if changed.after
        )

    @cached_property
    def differences(self) -> list[Difference]:
        """What changes, but for corrections of questions."""
        if self.before is None:
            return []
        model = type(self.draft)
        return differences(model, self._text(self.before.content), self._text(self._evidence))

    def _text(self, content: Content) -> Content:
        return _without_questions(content, self.corrected) if self.corrected else content

    @cached_property
    def _evidence(self) -> Content:
        content: Content = json.loads(json.dumps(self.draft.get_evidence(), cls=DjangoJSONEncoder))
        return content

    @cached_property
    def is_begun(self) -> bool:
        return has_begun(self.draft.translation_key)

    @property
    def is_asked(self) -> bool:
        """Whether it must be said what the change means before it is public."""
        return bool(is_asked_for(self.draft) and self.differences and self.is_begun)

    @property
    def kind(self) -> str:
        """What was said about it: a value of ``ChangeKind``, or nothing."""
        return answer(self.draft, self.before)

    @property
    def seen(self) -> str:
        """Names the change, so that a form can tell for which one its effect was shown."""
        shown = [(d.field, d.label, d.kind, d.pieces) for d in self.differences]
        version = str(self.before.uuid) if self.before else ""
        return hashlib.sha256(json.dumps([version, shown]).encode()).hexdigest()

    @property
    def words_added(self) -> int:
        return sum(difference.words_added for difference in self.differences)

    @property
    def words_removed(self) -> int:
        return sum(difference.words_removed for difference in self.differences)

    @property
    def is_substantive(self) -> bool:
        """What the change counts as.

        What nobody was asked about is the stricter of the two as soon as somebody has begun.
        """
        if self.kind:
            return self.kind == ChangeKind.SUBSTANTIVE
        return bool(self.differences) and self.is_begun


def look_at(draft: Any) -> Change:
    """The change that a draft of a unit makes; what it tells is computed when asked for."""
    from ..versions import latest_version

    return Change(draft=draft, before=latest_version(draft))


def answer(page: Any, latest: ContentVersion | None) -> str:
    """What was said about the change since ``latest``; an answer about another one is none."""
    if latest is None or page.change_since != latest.uuid:
        return ""
    return str(page.change_kind)


def say(page: Any, kind: str, *, since: ContentVersion | None) -> None:
    """Answer for a draft what its change means; not saved."""
    page.change_kind = kind if since is not None else ""
    page.change_since = since.uuid if since is not None and kind else None


def require_answer(draft: Any) -> None:
    """Raise ``PublishingRefused`` when it must be said first what the change means."""
    change = look_at(draft)
    if not change.kind and change.is_asked:
        raise PublishingRefused(draft, ValidationError({"change_kind": unanswered()}))


def unanswered() -> str:
    """Tells an editor what is missing."""
    return _(
        "People have begun to learn this, and you have changed it. Please say under “Versions” "
        "whether the change is substantive or editorial. Then it can be published."
    )


def is_asked_for(page: Page) -> bool:
    """Whether changes of a page are asked about: it has the panel, and is no translation."""
    return has_question(type(page)) and is_original(page)


def is_original(page: Page) -> bool:
    """Whether a text was written in this language first; translations follow it."""
    if page.locale_id == default_locale_id():
        return True
    others = Page.objects.filter(translation_key=page.translation_key, locale=default_locale_id())
    return not others.exists()


def has_begun(unit_key: UUID) -> bool:
    """Whether anybody has begun or completed a course or an activity, in whatever language."""
    return (
        Enrolment.objects.filter(Q(course_key=unit_key) | Q(last_activity_key=unit_key)).exists()
        or Completion.objects.filter(activity_key=unit_key).exists()
        or Attempt.objects.filter(activity_key=unit_key).exists()
    )


def _without_questions(content: Content, question_ids: Collection[UUID]) -> Content:
    names = {str(question_id) for question_id in question_ids}
    kept = [stored for stored in content["questions"] if stored.get("id") not in names]
    return {**content, "questions": kept}
