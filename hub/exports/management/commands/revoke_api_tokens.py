"""``manage.py revoke_api_tokens AUTHORITY``: after an incident, no program reads any more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.exports.api.tokens import revoke_token
from hub.exports.models import ApiToken
from hub.organisations.models import Organisation


class Command(BaseCommand):
    help = "Revokes every token of the interface of an authority, for good."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("authority", help="the short name in its addresses, such as coesfeld")

    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke them, and say how many there were."""
        organisation = Organisation.objects.filter(slug=options["authority"]).first()
        if organisation is None:
            raise CommandError(
                _("There is no authority “%(name)s”.") % {"name": options["authority"]}
            )
        tokens = ApiToken.objects.filter(organisation=organisation, revoked_at=None)
        count = sum(revoke_token(token=token, actor=None) for token in tokens)
        text = ngettext("%(count)s token was revoked.", "%(count)s tokens were revoked.", count)
        self.stdout.write(text % {"count": count})
