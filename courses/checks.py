"""System checks of the learning core."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from .models import BankQuestion, QuizPage
from .questions import questions
from .questions.from_bank import BANK_QUESTION, RANDOM_DRAW
from .questions.unknown import UNKNOWN


@register(Tags.database)
def stored_question_types_are_installed(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Name the question types in the database that no installed app registers."""
    missing: set[str] = set()
    for alias in databases or []:
        tables = connections[alias].introspection.table_names()
        if BankQuestion._meta.db_table not in tables:
            continue
        # The bank's types stand in a column of their own.
        types = set(BankQuestion.objects.using(alias).values_list("question_type", flat=True))
        for quiz in QuizPage.objects.using(alias).only("pk", "questions").iterator():
            types |= {child["type"] for child in quiz.stored_questions()}
        missing |= types - {*questions, UNKNOWN, BANK_QUESTION, RANDOM_DRAW, ""}
    return [
        Warning(
            f"There are questions of the type {key!r}, which no installed app registers.",
            hint="Install the plug-in again: its questions are kept, but nobody can answer them.",
            id="courses.W001",
        )
        for key in sorted(missing)
    ]


#: What ``EMAIL_BACKEND`` names where nobody gets a mail.
SENDS_NOTHING = frozenset(
    f"django.core.mail.backends.{name}.EmailBackend"
    for name in ("console", "dummy", "filebased", "locmem")
)


@register(deploy=True)
def reminders_can_be_sent(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Say what keeps mails from people: no sender, or nothing that sends."""
    found: list[CheckMessage] = []
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        found.append(
            Warning(
                "Mails come from an address that does not exist, so mail servers refuse them.",
                hint="Set DEFAULT_FROM_EMAIL to an address of your authority.",
                id="courses.W002",
            )
        )
    if settings.EMAIL_BACKEND in SENDS_NOTHING:
        found.append(
            Warning(
                "No mail leaves this hub.",
                hint="Set EMAIL_URL to your mail server, for example smtp://localhost:25.",
                id="courses.W003",
            )
        )
    return found
