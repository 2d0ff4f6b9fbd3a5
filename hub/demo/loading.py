"""The whole demo hub in one go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from django.db import transaction
from wagtail.models import Locale

from certificates.models import Certificate
from courses.actions import enrol_everybody
from courses.counting_groups import keep_counting_groups
from hub.organisations.models import Organisation, User

from . import bank, languages, learning, pages, people, records, rights, templates
from .content import read_bank, read_templates
from .duplicates import create_duplicate
from .evaluations import switch_on
from .plan import PlannedPage, plan
from .registers import create_registers
from .schedules import create_schedule
from .states import Stage, written_cycles

SEED = "ki-hub"
STEPS = 9

Report = Callable[[str], None]


def is_empty() -> bool:
    """Whether nothing was loaded or created yet."""
    return not Organisation.objects.exists() and not User.objects.exists()


def is_complete(folder: Path) -> bool:
    """Whether a load went to its end: its last transaction gives this person a certificate."""
    usernames = [
        account.username
        for account in people.read_accounts(folder)
        if account.state == "just_passed"
    ]
    return Certificate.objects.filter(enrolment__user__username__in=usernames).exists()


@dataclass
class Loader:
    """Loads authorities, courses, people and learning, in the order in which they need each other.

    Raises ``ContentError`` before anything is written when a content file is wrong.
    """

    folder: Path
    password: str
    today: date
    report: Report

    def load(self) -> None:
        """Create everything; the database must be empty."""
        random = Random(SEED)
        self._say(1, "Inhalte prüfen, Bilder, Fragenpool")
        planned = self._checked_plan()
        self._say(2, "Sprachen und Behörden")
        locales = pages.create_locales()
        with transaction.atomic():
            towns = people.create_authorities(self.folder)
            topics = pages.create_topics(self.folder)
        self._say(3, f"Kurse und Seiten ({len(planned)} auf Deutsch)")
        with transaction.atomic():
            learning.create_pilot_versions(planned, self.today)
            pages.create_pages(planned, topics)
        self._translate(planned, locales)
        published_on = self.today - timedelta(days=learning.PUBLISHED_DAYS)
        with transaction.atomic():
            published_at = learning.working_hour(published_on, random)
            pages.date_back(planned, published_at)
            bank.date_back(published_at)
            self._say(6, "Beschäftigte und Konten")
            everybody = people.create_people(
                towns, self.folder, password=self.password, random=random, today=self.today
            )
            self._say(7, "Gruppen, Rechte und Freigabe")
            rights.create_rights(towns, everybody)
        self._learn(planned, towns, everybody, random, published_at)

    def _checked_plan(self) -> list[PlannedPage]:
        """The pages, read and compared with their translations before the first one is written."""
        people.read_accounts(self.folder)
        read_templates(content=self.folder)
        with transaction.atomic():
            keys = bank.create_bank(read_bank(content=self.folder))
            planned = plan(pages.import_pictures(self.folder), keys, self.folder)
            for page in planned:
                for language in page.translations:
                    languages.translated_strings(page, language)
        return planned

    def _translate(self, planned: list[PlannedPage], locales: dict[str, Locale]) -> None:
        translated = [
            (page, language)
            for language in ("en", "de-simple")
            for page in planned
            if language in page.translations
        ]
        self._say(4, f"Übersetzungen ({len(translated)} Seiten)")
        for page, language in translated:
            languages.translate(page, locales[language])
        self._say(5, "Spiegelseiten in den anderen Sprachen")
        languages.synchronise_from_german(locales.values())

    def _learn(
        self,
        planned: list[PlannedPage],
        towns: dict[str, people.Town],
        everybody: list[people.Person],
        random: Random,
        published_at: datetime,
    ) -> None:
        self._say(8, f"Lernstände von {len(everybody)} Beschäftigten")
        ledger = learning.Ledger()
        with transaction.atomic():
            courses = learning.courses_with_versions(planned)
            learning.tell_editions(courses.values())
            requirements = learning.create_requirements(towns, self.folder, self.today)
            learning.create_proposals(self.folder)
            chance = learning.Chance(random, self.today)
            for person in everybody:
                asked = learning.tasks(
                    person, requirements[person.membership.organisation_id], courses
                )
                for task in [*asked, *chance.wishes(person, asked, courses)]:
                    due_on = task.requirement.due_on if task.requirement else None
                    if person.account and person.account.state:
                        cycles = written_cycles(person, task.course, due_on, self.today)
                    else:
                        cycles = chance.cycles(task.course, person.membership, due_on)
                    learning.record(ledger, person, task, cycles, random, self.today)
            ledger.write()
        self._say(9, "Zertifikate und dokumentierte Konten")
        with transaction.atomic():
            # In the pilot phase the hub had no template yet.
            earlier, later = learning.completed_in_order(ledger, published_at)
            learning.issue_certificates(earlier)
            templates.create_templates(read_templates(content=self.folder), published_at)
            learning.issue_certificates(later)
        administrator = next(
            person
            for person in everybody
            if person.account and person.account.role == "administrator"
        )
        stage = Stage(random, self.today, administrator)
        with transaction.atomic():
            records.create_further_records(everybody, self.today)
            for person in everybody:
                stage.play(person)
            create_duplicate(everybody, self.today)
        with transaction.atomic():
            switch_on(towns)
            create_registers(towns, self.folder, self.today)
            create_schedule(towns)
            # As the first night would leave it.
            enrol_everybody()
            keep_counting_groups(self.today)

    def _say(self, step: int, what: str) -> None:
        self.report(f"[{step}/{STEPS}] {what}")
