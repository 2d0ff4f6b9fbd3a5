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
