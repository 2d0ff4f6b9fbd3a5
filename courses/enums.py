"""The closed lists of the learning data; stored values never change."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    """How deep a course goes (domain: Basis, Anwendung, Fach)."""

    BASIC = "basic", _("Basics")
    APPLIED = "applied", _("Practice")
    EXPERT = "expert", _("Specialist")


class CompletionMode(models.TextChoices):
    """What completes an activity."""

    MANUAL = "manual", _("The person marks it as learnt")
    VIEWED = "viewed", _("Opening it")
    GRADED = "graded", _("Passing it")
    EXTERNAL = "external", _("Reported by another system")
    NONE = "none", _("Never; it only informs")


class RequirementKind(models.TextChoices):
    """What an authority asks of an audience."""

    MANDATORY = "mandatory", _("mandatory")
    RECOMMENDED = "recommended", _("recommended")


class EnrolmentStatus(models.TextChoices):
    """Where a person stands in one cycle of a course; derived from completions."""

    ENROLLED = "enrolled", _("not begun")
    IN_PROGRESS = "in_progress", _("begun")
    COMPLETED = "completed", _("completed")


class EnrolmentSource(models.TextChoices):
    """How an enrolment came about."""

    SELF = "self", _("own decision")
    REQUIREMENT = "requirement", _("requirement of the authority")


class Outcome(models.TextChoices):
    """How a course was completed: decides between attendance certificate and certificate."""

    ATTENDED = "attended", _("attended")
    PASSED = "passed", _("passed")


class CompletionSource(models.TextChoices):
    """Who reported that an activity is completed."""

    LEARNER = "learner", _("learner")
    EVENT = "event", _("event")
    IMPORT = "import", _("import")
    OVERRIDE = "override", _("override with reason")
    CORRECTION = "correction", _("correction of a question")


class CorrectionKind(models.TextChoices):
    """What was wrong with a question that people have answered."""

    TYPO = "typo", _("Typo")
    UNCLEAR = "unclear", _("Unclear: accept these answers, too")
    WRONG_KEY = "wrong_key", _("Wrong key")
    VOID = "void", _("Void for everyone")

    @property
    def meaning(self) -> str:
        """What it does, in words for editors."""
        return str(_KIND_MEANINGS[self])


_KIND_MEANINGS = {
    CorrectionKind.TYPO: _(
        "The question asks the same in better words, and the same answers are right. No result "
        "changes."
    ),
    CorrectionKind.UNCLEAR: _(
        "The question could be understood differently. What was right stays right, and what is "
        "right now counts, too."
    ),
    CorrectionKind.WRONG_KEY: _(
        "A wrong answer was marked as right. All answers are marked by the new text. Who is worse "
        "off by it keeps the earlier result."
    ),
    CorrectionKind.VOID: _(
        "The question should not have been asked. It no longer counts in any result. Who is worse "
        "off without it keeps the earlier result."
    ),
}


class CorrectionStatus(models.TextChoices):
    """How far a correction is."""

    PROPOSED = "proposed", _("waits for a second person")
    APPROVED = "approved", _("approved, waits for publication")
    DECLINED = "declined", _("declined")
    REPLACED = "replaced", _("replaced by a later one")
    LIVE = "live", _("in force")
