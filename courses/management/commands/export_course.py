"""``manage.py export_course SLUG_OR_KEY --output FILE``: a course into a package."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from courses.interchange.package import write_package
from courses.interchange.package_export import export_course
from courses.models import CoursePage
from hub.i18n import default_locale_id

#: Exit statuses; 0 says that all was taken along.
UNKNOWN, LEFT_OUT = 2, 3


class Command(BaseCommand):
    help = "Writes a course with all its languages, questions and media into a course package."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("course", metavar="SLUG_OR_KEY")
        parser.add_argument("--output", type=Path, required=True, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        package = export_course(_course(options["course"]))
        try:
            options["output"].write_bytes(write_package(package))
        except OSError as error:
            text = _("The file cannot be written: %(reason)s") % {"reason": error}
            raise CommandError(text, returncode=UNKNOWN) from error
        for note in package.notes:
            self.stdout.write(note)
        self.stdout.write(
            _("%(pages)s pages, %(questions)s questions of the bank, %(media)s files")
            % package.holds()
        )
        if package.notes:
            raise CommandError(_("Not all was taken along."), returncode=LEFT_OUT)


def _course(name: str) -> CoursePage:
    """The course of that key, or with that end of its address."""
    try:
        found = CoursePage.objects.filter(translation_key=UUID(name))
    except ValueError:
        found = CoursePage.objects.filter(slug=name)
    course = found.filter(locale=default_locale_id()).first() or found.first()
    if course is None:
        raise CommandError(_("There is no course “%(name)s”.") % {"name": name}, returncode=UNKNOWN)
    return course
