"""The closed lists of the learning data; stored values never change."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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
    EXTERNAL = "external", _("learning elsewhere, credited")
    OVERRIDE = "override", _("override with reason")
    CORRECTION = "correction", _("correction of a question")


class DecisionCause(models.TextChoices):
    """What made a course be completed."""

    ACTIVITY = "activity", _("the last part was completed")
    COURSE = "course", _("the course asks for less than before")


#: What completes an activity without the hub having seen it: no test was passed here.
NOT_LEARNT_HERE = frozenset({CompletionSource.EXTERNAL, CompletionSource.OVERRIDE})


class LearningFormat(models.TextChoices):
    """How somebody learnt outside the hub's own courses (domain 1.7: Format)."""

    IN_PERSON = "in_person", _("event on site")
    WEBINAR = "webinar", _("webinar")
    SELF_STUDY = "self_study", _("course to learn by oneself")
    OTHER = "other", _("other training")


class LearningState(models.TextChoices):
    """How far a record of learning elsewhere is. Who records it for HR has accepted it."""

    SUBMITTED = "submitted", _("waits for a decision")
    ACCEPTED = "accepted", pgettext_lazy("record of learning", "accepted")
    DECLINED = "declined", pgettext_lazy("record of learning", "declined")
    #: By the person before it was decided, or by HR after it was accepted.
    WITHDRAWN = "withdrawn", pgettext_lazy("record of learning", "taken back")


class RefresherContent(models.TextChoices):
    """What a person learns again when the validity of her completion ends."""

    CHANGES = "changes", _("Only what has changed substantively since the person's last proof")
    WHOLE = "whole", _("The whole course")


class QuizLayout(models.TextChoices):
    """How many questions a page of a quiz asks."""

    ALL = "all", _("All questions on one page")
    ONE = "one", _("One question on each page")


class FeedbackTime(models.TextChoices):
    """When a quiz says what was right."""

    AT_END = "at_end", _("At the end, with the result")
    AT_ONCE = "at_once", _("At once: each answer can be checked, and then stands")


class CountedAttempt(models.TextChoices):
    """Which of several attempts is the result. A pass is never taken away by a later attempt."""

    BEST = "best", _("The best attempt")
    LATEST = "latest", _("The latest attempt")


class MoreTime(models.TextChoices):
    """How much longer a time limit is for a person, by her own choice (WCAG 2.2.1)."""

    NORMAL = "1", _("The time that is set")
    HALF_MORE = "1.5", _("One and a half times the time")
    DOUBLE = "2", _("Twice the time")
    TENFOLD = "10", _("Ten times the time")
    NO_LIMIT = "none", _("No time limit")


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


class ReportKind(models.TextChoices):
    """What a learner says is wrong with a question."""

    SPELLING = "spelling", _("A spelling mistake")
    UNCLEAR = "unclear", _("The question is hard to understand")
    WRONG_ANSWER = "wrong_answer", _("The answer given as right is wrong")
    TECHNICAL = "technical", _("A picture or the technology")
    OTHER = "other", _("Something else")


class ReportStatus(models.TextChoices):
    """Whether somebody still has to look at a reported question."""

    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")


class ChangeKind(models.TextChoices):
    """What a change of a published text means for those who have learnt it."""

    SUBSTANTIVE = "substantive", _("Substantive")
    EDITORIAL = "editorial", _("Editorial")

    @property
    def meaning(self) -> str:
        """What it means, in a sentence for editors."""
        return str(_CHANGES[self])


_CHANGES = {
    ChangeKind.SUBSTANTIVE: _(
        "What people have to know has changed: a rule, a step, an answer. Whoever has learnt it "
        "learns it again with the next refresher."
    ),
    ChangeKind.EDITORIAL: _(
        "It says the same as before, only better: spelling, wording, another picture. Nothing "
        "changes for those who have learnt it."
    ),
}


class DigestState(models.TextChoices):
    """How far a mail that reminds a person is."""

    WAITING = "waiting", _("waits")
    #: A run has it in hand. If it stays so, the run broke off; a later day takes it up again.
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    #: When it was to be sent there was nothing left to remind of.
    NEEDLESS = "needless", _("not needed any more")
    REFUSED = "refused", _("address refused")


class SystemStatus(models.TextChoices):
    """How far an authority is with an AI system."""

    REVIEW = "review", pgettext_lazy("AI system", "being examined")
    PILOT = "pilot", pgettext_lazy("AI system", "pilot")
    IN_USE = "in_use", pgettext_lazy("AI system", "in use")
    ENDED = "ended", pgettext_lazy("AI system", "ended")


class RiskClass(models.TextChoices):
    """Which rules of the AI Act a system falls under, as the authority sees it."""

    UNKNOWN = "unknown", _("not assessed yet")
    MINIMAL = "minimal", _("minimal risk")
    TRANSPARENCY = "transparency", _("transparency duties (Art. 50)")
    HIGH = "high", _("high risk (Art. 6)")
    PROHIBITED = "prohibited", _("prohibited practice (Art. 5)")


class ImpactAssessment(models.TextChoices):
    """Data protection impact assessment (GDPR Art. 35)."""

    UNKNOWN = "unknown", pgettext_lazy("impact assessment", "not examined yet")
    NOT_NEEDED = "not_needed", pgettext_lazy("impact assessment", "not needed")
    NEEDED = "needed", pgettext_lazy("impact assessment", "needed, not finished")
    DONE = "done", pgettext_lazy("impact assessment", "finished")


class SystemRole(models.TextChoices):
    """What people have to do with an AI system."""

    USERS = "users", _("who uses it")
    OVERSEERS = "overseers", _("who oversees it")
