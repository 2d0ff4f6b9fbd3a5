"""``manage.py import_employees FILE --authority SLUG``: employees from a list of HR."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.organisations.importing.applying import import_employees, plan_import
from hub.organisations.importing.columns import LABELS
from hub.organisations.importing.planning import Outcome, Plan, Step, plain_value
from hub.organisations.importing.telling import changes_in_words, notes_in_words
from hub.organisations.models import Organisation
from hub.tables import UnreadableError

#: Exit statuses; 0 says that all rows were taken.
UNREADABLE, ROWS_LEFT_OUT = 2, 3


class Command(BaseCommand):
    help = "Takes over the employees of an authority from an XLSX, ODS or CSV file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--authority", required=True, metavar="SLUG")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would happen.")
        parser.add_argument("--json", action="store_true", help="Say it for programs.")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            type=_column,
            metavar="FIELD=HEADING",
            help=f"Which heading is meant by one of {', '.join(LABELS)}.",
        )
        parser.add_argument(
            "--heading-row",
            type=int,
            metavar="N",
            help="The row that holds the headings, counted from 1; else it is looked for.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import or plan, and say for each row what becomes of it."""
        execute = plan_import if options["dry_run"] else import_employees
        try:
            plan = execute(
                organisation=_organisation(options["authority"]),
                content=options["file"].read_bytes(),
                mapping=dict(options["column"]),
                heading_row=options["heading_row"],
            )
        except OSError as error:
            text = _("The file cannot be opened: %(reason)s") % {"reason": error}
            raise CommandError(text, returncode=UNREADABLE) from error
        except UnreadableError as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        if options["json"]:
            self.stdout.write(_as_json(plan, options))
        else:
            for line in _as_text(plan, dry_run=options["dry_run"]):
                self.stdout.write(line)
        if left_out := len(plan.with_outcome(Outcome.REFUSED)):
            raise CommandError(
                ngettext("%(count)s row was left out.", "%(count)s rows were left out.", left_out)
                % {"count": left_out},
                returncode=ROWS_LEFT_OUT,
            )


def _column(text: str) -> tuple[str, str]:
    name, _sign, heading = text.partition("=")
    if name not in LABELS or not heading:
        raise ArgumentTypeError(_("please write FIELD=HEADING, not “%(text)s”") % {"text": text})
    return name, heading


def _organisation(slug: str) -> Organisation:
    try:
        return Organisation.objects.get(slug=slug)
    except Organisation.DoesNotExist as error:
        known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(
            _("There is no authority “%(slug)s”; there are: %(known)s.")
            % {"slug": slug, "known": known},
            returncode=UNREADABLE,
        ) from error


def _as_text(plan: Plan, *, dry_run: bool) -> Iterator[str]:
    """Lines about every row with which something happens, then the sums."""
    for step in plan.steps:
        if step.outcome != Outcome.UNCHANGED or step.notes:
            yield _("Row %(row)s: %(name)s: %(outcome)s%(details)s") % {
                "row": step.employee.row,
                "name": step.name or "–",
                "outcome": Outcome(step.outcome).label,
                "details": "".join(f"; {detail}" for detail in _details(step)),
            }
    if plan.new_departments:
        yield _("New departments: %(names)s") % {"names": ", ".join(plan.new_departments)}
    if plan.ignored_columns:
        yield _("Columns left aside: %(names)s") % {"names": ", ".join(plan.ignored_columns)}
    yield ", ".join(f"{count} {Outcome(outcome).label}" for outcome, count in plan.counts.items())
    if dry_run:
        yield _("Nothing was written.")


def _details(step: Step) -> Iterable[str]:
    yield from notes_in_words(step)
    if step.outcome == Outcome.NEW and "username" in step.changes:
        yield f"{LABELS['username']}: {step.changes['username'].new}"
    if step.outcome in (Outcome.CHANGED, Outcome.LEAVES):
        yield from changes_in_words(step)


def _as_json(plan: Plan, options: dict[str, Any]) -> str:
    report = {
        "authority": options["authority"],
        "dry_run": options["dry_run"],
        "counts": plan.counts,
        "new_departments": plan.new_departments,
        "ignored_columns": plan.ignored_columns,
        "rows": [
            {
                "row": step.employee.row,
                "outcome": step.outcome,
                "name": step.name,
                "changes": step.changes,
                "notes": [{"column": note.column, "text": note.text} for note in step.notes],
            }
            for step in plan.steps
        ],
        "missing": [
            {
                "staff_number": person.staff_number,
                "name": f"{person.last_name}, {person.first_name}",
            }
            for person in plan.missing
        ],
    }
    return json.dumps(report, default=plain_value, ensure_ascii=False, indent=2)
