"""``manage.py import_questions FILE``: questions of a file into the bank."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.interchange.importing import (
    ImportPlan,
    Outcome,
    Step,
    import_questions,
    plan_import,
)
from hub.tables import UnreadableError

#: Exit statuses; 0 says that all questions were taken.
UNREADABLE, QUESTIONS_LEFT_OUT = 2, 3


class Command(BaseCommand):
    help = "Takes questions over from Moodle XML, GIFT, XLSX, ODS or CSV, as drafts of the bank."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Only say what would happen.")
        parser.add_argument("--json", action="store_true", help="Say it for programs.")
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default=settings.LANGUAGE_CODE,
            help="The language of questions for which the file names none.",
        )
        parser.add_argument(
            "--tag", action="append", default=[], help="A keyword for all questions; repeatable."
        )
        parser.add_argument(
            "--publish", action="store_true", help="Publish what can be, instead of drafts."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import or plan, and say for each question what becomes of it."""
        try:
            plan = plan_import(
                content=options["file"].read_bytes(),
                file_name=options["file"].name,
                language=options["language"],
            )
        except OSError as error:
            text = _("The file cannot be opened: %(reason)s") % {"reason": error}
            raise CommandError(text, returncode=UNREADABLE) from error
        except UnreadableError as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        if not options["dry_run"]:
            progress = None if options["json"] else self.progress
            plan = import_questions(
                plan=plan, publish=options["publish"], tags=options["tag"], progress=progress
            )
        if options["json"]:
            self.stdout.write(_as_json(plan, options))
        else:
            for line in _as_text(plan, dry_run=options["dry_run"]):
                self.stdout.write(line)
        if left_out := plan.counts[Outcome.LEFT_OUT]:
            raise CommandError(
                ngettext(
                    "%(count)s question was left out.",
                    "%(count)s questions were left out.",
                    left_out,
                )
                % {"count": left_out},
                returncode=QUESTIONS_LEFT_OUT,
            )

    def progress(self, done: int, total: int) -> None:
        """Say now and then how far the import is."""
        if done % 100 == 0 and done < total:
            self.stdout.write(_("%(done)s of %(total)s questions") % {"done": done, "total": total})
            self.stdout.flush()


def _as_text(plan: ImportPlan, *, dry_run: bool) -> Iterator[str]:
    """Lines about every question that is not simply new, then the sums."""
    for step in plan.steps:
        if step.outcome != Outcome.CREATED or step.notes:
            said = [step.outcome_label, *filter(None, [step.reason, *step.notes])]
            yield _("Line %(line)s: %(name)s: %(said)s") % {
                "line": step.line,
                "name": step.name or "–",
                "said": "; ".join(said),
            }
    yield ", ".join(f"{count} {Outcome(value).label}" for value, count in plan.counts.items())
    if dry_run:
        yield _("Nothing was written.")


def _as_json(plan: ImportPlan, options: dict[str, Any]) -> str:
    report = {
        "file": options["file"].name,
        "dry_run": options["dry_run"],
        "counts": plan.counts,
        **{
            outcome.value: [_plain(step) for step in plan.with_outcome(outcome)]
            for outcome in Outcome
        },
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def _plain(step: Step) -> dict[str, Any]:
    plain: dict[str, Any] = {"line": step.line, "name": step.name}
    if step.question is not None:
        plain["type"] = step.question.type_key
    if step.reason:
        plain["reason"] = step.reason
    plain["notes"] = list(step.notes)
    return plain
