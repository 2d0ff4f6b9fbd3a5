"""``manage.py import_course FILE``: a course package into the hub."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from courses.interchange.package import PackageRefused, read_package
from courses.interchange.package_import import import_course, plan_course
from courses.interchange.package_report import Outcome, Report, Step
from courses.models import CourseIndexPage
from hub.i18n import default_locale_id

#: Exit statuses; 0 says that all was taken.
UNREADABLE, LEFT_OUT = 2, 3


class Command(BaseCommand):
    help = "Takes over a course package; what is new or changed is a draft."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Only say what would happen.")
        parser.add_argument(
            "--publish", action="store_true", help="Publish what was public where it came from."
        )
        parser.add_argument("--json", action="store_true", help="Say it for programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import or plan, and say for each page and question what becomes of it."""
        catalogue = CourseIndexPage.objects.filter(locale=default_locale_id()).first()
        if catalogue is None:
            raise CommandError(
                _("This hub has no catalogue of courses yet."), returncode=UNREADABLE
            )
        execute = plan_course if options["dry_run"] else import_course
        try:
            package = read_package(options["file"].read_bytes())
        except OSError as error:
            text = _("The file cannot be opened: %(reason)s") % {"reason": error}
            raise CommandError(text, returncode=UNREADABLE) from error
        except PackageRefused as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        report = execute(
            package=package, catalogue=catalogue, user=None, publish=options["publish"]
        )
        if options["json"]:
            self.stdout.write(_as_json(report, options))
        else:
            for line in _as_text(report, dry_run=options["dry_run"]):
                self.stdout.write(line)
        if not report.is_complete:
            raise CommandError(_("Something was left out."), returncode=LEFT_OUT)


def _as_text(report: Report, *, dry_run: bool) -> Iterator[str]:
    """Lines about everything with which something happens, then the sums."""
    for step in report.steps:
        if step.outcome != Outcome.IDENTICAL or step.notes:
            said = [step.outcome_label, step.reason, ", ".join(step.changes), *step.notes]
            yield f"{step.title} ({step.entry.language}): {'; '.join(filter(None, said))}"
    yield from (_("New: %(name)s") % {"name": name} for name in report.made)
    yield from report.notes
    yield from report.lost
    yield ", ".join(f"{count} {Outcome(value).label}" for value, count in report.counts.items())
    if dry_run:
        yield _("Nothing was written.")


def _as_json(report: Report, options: dict[str, Any]) -> str:
    return json.dumps(
        {
            "file": options["file"].name,
            "dry_run": options["dry_run"],
            "counts": report.counts,
            "made": report.made,
            "notes": report.notes,
            "lost": report.lost,
            "steps": [_plain(step) for step in report.steps],
        },
        ensure_ascii=False,
        indent=2,
    )


def _plain(step: Step) -> dict[str, Any]:
    return {
        "kind": "page" if step.is_page else "question",
        "key": step.entry.key,
        "language": step.entry.language,
        "title": step.title,
        "outcome": step.outcome,
        "reason": step.reason,
        "changes": step.changes,
        "notes": step.notes,
        "published": step.is_published,
    }
