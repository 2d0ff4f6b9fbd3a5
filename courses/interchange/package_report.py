"""What an import of a course package does, or did, page by page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy

from courses.models import CoursePage

from .package import PageEntry, QuestionEntry


class Outcome(models.TextChoices):
    """What becomes of a page or question of a package."""

    CREATED = "created", gettext_lazy("new")
    UPDATED = "updated", gettext_lazy("changed")
    IDENTICAL = "identical", gettext_lazy("already there")
    LEFT_OUT = "left_out", gettext_lazy("left out")


@dataclass
class Step:
    """What becomes of a page or question; ``changes`` names the fields that differ."""

    entry: PageEntry | QuestionEntry
    title: str
    outcome: Outcome = Outcome.IDENTICAL
    reason: str = ""
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_published: bool = False

    @property
    def is_page(self) -> bool:
        return isinstance(self.entry, PageEntry)

    @property
    def outcome_label(self) -> str:
        return str(self.outcome.label)

    def leave_out(self, reason: str) -> None:
        self.outcome, self.reason = Outcome.LEFT_OUT, reason


@dataclass
class Report:
    """What an import does, or did."""

    title: str
    steps: list[Step] = field(default_factory=list)
    #: What is about no single page: files and topics that were made, order, what stays.
    made: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: Whether something else than a page or question could not be taken over.
    lost: list[str] = field(default_factory=list)
    course: CoursePage | None = None

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(step.outcome for step in self.steps)
        return {outcome.value: found[outcome] for outcome in Outcome}

    @property
    def is_complete(self) -> bool:
        return not self.lost and not self.counts[Outcome.LEFT_OUT]
