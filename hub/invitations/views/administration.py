"""Einladungen in the administration: choose people, look, write letters, revoke one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.generic import TemplateView, View
from wagtail.admin import messages

from hub.invitations.actions import DAYS, MOST, WRITE, revoke, write_letters
from hub.invitations.forms import Access, LettersForm, PeopleForm
from hub.invitations.models import Invitation
from hub.invitations.people import invitable
from hub.organisations.in_charge import InChargeMixin
from hub.organisations.lookups import is_key
from hub.organisations.models import Membership
from hub.organisations.permissions import organisations_where

PER_PAGE = 50
#: So many people are named before letters are written; of more the number says enough.
MOST_NAMED = 20


class InvitationsMixin(InChargeMixin):
    """A page for who may write letters for an authority; others get 404."""

    permissions = (WRITE,)
    page_title = gettext_lazy("Invitation letters")
    header_icon = "mail"

    def people(self) -> QuerySet[Membership]:
        """To whom the person may write, without herself."""
        return invitable(self.organisations).select_related("user", "organisation", "department")


class PeopleView(InvitationsMixin, TemplateView):
    """Who can be written to, to be narrowed and ticked."""

    template_name = "invitations/people.html"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": _("Invitation letters")}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = PeopleForm(self.request.GET, organisations=self.organisations)
        letters = Invitation.objects.valid()
        people = form.narrow(self.people()).prefetch_related(
            Prefetch("user__invitations", queryset=letters, to_attr="valid_letters")
        )
        page = Paginator(people, PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(**kwargs) | {
            "form": form,
            "shown": {name: self.request.GET.get(name, "") for name in form.fields},
            "page_obj": page,
            "count": page.paginator.count,
            "most": MOST,
            "several": len(self.organisations) > 1,
            "list_url": self.request.path,
        }


class LettersView(InvitationsMixin, TemplateView):
    """Say what would be written, and write it when it is confirmed."""

    template_name = "invitations/letters.html"
    page_title = gettext_lazy("Write letters")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        above = {"url": reverse("invitation_people"), "label": _("Invitation letters")}
        return [*self.breadcrumbs_items, above, {"url": "", "label": _("Write letters")}]

    def chosen(self, given: QueryDict) -> tuple[list[Membership], int]:
        """The first people that are meant, ``MOST`` of them, and how many are meant."""
        form = PeopleForm(given, organisations=self.organisations)
        if "all" in given:
            people = form.narrow(self.people())
        else:
            people = self.people().filter(pk__in=filter(is_key, given.getlist("person")))
        count = people.count()
        is_in_lots = "all" in given and form.chosen_access == Access.WAITING
        if count > MOST and not is_in_lots:
            raise ValidationError(
                _(
                    "These are %(count)d people, and a file holds %(most)d letters. Please choose "
                    "fewer, for example one department, or those who have no valid letter."
                )
                % {"count": count, "most": MOST}
            )
        return list(people[:MOST]), count

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            people, count = self.chosen(request.GET)
        except ValidationError as error:
            return self.refused(error)
        if not people:
            return self.refused(ValidationError(_("Please tick at least one person.")))
        replaced = Invitation.objects.valid().filter(
            user__in=[membership.user_id for membership in people]
        )
        return self.render_to_response(
            self.get_context_data(
                form=LettersForm(),
                people=people,
                named=people[:MOST_NAMED],
                unnamed=len(people) - MOST_NAMED,
                left=count - len(people),
                replaced=replaced.count(),
                days=DAYS,
            )
        )

    @sensitive_variables("content")
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The file with the letters. It is not kept: whoever loses it writes new ones."""
        form = LettersForm(request.POST)
        language = form.cleaned_data["language"] if form.is_valid() else ""
        try:
            people, _count = self.chosen(request.POST)
            content = write_letters(memberships=people, actor=self.actor, language=language)
        except ValidationError as error:
            return self.refused(error)
        response = HttpResponse(content, content_type="application/pdf")
        name = f"einladungen-{localdate():%Y-%m-%d}.pdf"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "private, no-store"
        return response

    def refused(self, error: ValidationError) -> HttpResponse:
        messages.error(self.request, " ".join(error.messages))
        return redirect("invitation_people")


class RevokeView(View):
    """Make a letter void; one of another authority does not exist here."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, invitation: str) -> HttpResponse:
        letter = get_object_or_404(
            Invitation.objects.select_related("user").filter(
                organisation__in=organisations_where(request.user, WRITE)
            ),
            uuid=invitation,
        )
        if revoke(invitation=letter, actor=request.user):  # type: ignore[arg-type]
            messages.success(
                request,
                _("The letter of %(name)s is not valid any more.") % {"name": letter.user},
            )
        return redirect("invitation_people")
