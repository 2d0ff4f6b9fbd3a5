"""``manage.py issue_certificates``: issue what is missing, or anew with changed names."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.bulk import start_run, work_on
from certificates.models import RunKind
from hub.organisations.models import Organisation


class Command(BaseCommand):
    help = (
        "Issue the certificates of completed enrolments that have none, or with --renamed those of "
        "people whose name has changed. Goes on where a run was stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--authority", metavar="SLUG", help="of one authority only")
        parser.add_argument("--renamed", action="store_true", help="issue anew with changed names")

    def handle(self, *args: Any, **options: Any) -> None:
        kind = RunKind.RENAMED if options["renamed"] else RunKind.MISSING
        run = start_run(kind=kind, organisation=self.organisation(options["authority"]))
        for progress in work_on(run):
            self.stdout.write(f"{progress.looked_at}/{progress.total}")
        run.refresh_from_db()
        self.stdout.write(f"issued: {run.done}, failed: {run.failed}")

    def organisation(self, slug: str | None) -> Organisation | None:
        if slug is None:
            return None
        found = Organisation.objects.filter(slug=slug).first()
        if found is None:
            known = ", ".join(Organisation.objects.values_list("slug", flat=True))
            raise CommandError(f"There is no authority “{slug}”. There are: {known}.")
        return found
