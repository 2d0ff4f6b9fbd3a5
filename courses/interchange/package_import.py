"""A course package into this hub: a preview, then one transaction.

A preview does all that the import does and takes it back: what it says is what happens.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext as _
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.log_actions import log
from wagtail.models import Locale, Page

from courses.changing import say
from courses.enums import ChangeKind
from courses.models import (
    BankQuestion,
    CourseIndexPage,
    CoursePage,
    QuestionTag,
    Topic,
    UnitMixin,
)
from courses.versions import edition_to_come, latest_version
from hub.i18n import default_locale_id
from hub.organisations.models import User
from hub.publishing import PublishingRefused

from .package import Package, PageEntry, QuestionEntry
from .package_export import rewrite_fields, stored_fields, travelling
from .package_fields import as_stored, check_fields, field_label, set_plain_fields
from .package_report import Outcome, Report, Step
from .package_shelf import Shelf
from .package_translations import keep_in_step
from .references import REF, BrokenContent, Visitor, clean_html, rewrite_links

IMPORT = "courses.import_course"

Place = tuple[str, str]


def plan_course(
    *, package: Package, catalogue: CourseIndexPage, user: User | None, publish: bool = False
) -> Report:
    """What ``import_course`` would do; nothing stays of it."""
    work = _Import(package, catalogue, user, publish)
    try:
        with transaction.atomic():
            report = work.run()
            transaction.set_rollback(True)
    finally:
        work.remove_files()
    return report


def import_course(
    *, package: Package, catalogue: CourseIndexPage, user: User | None, publish: bool = False
) -> Report:
    """Bring a package into the hub, all or nothing; safe to repeat.

    Pages and questions arrive as drafts: what is public stays as it is until somebody publishes.
    With ``publish``, what was public where it came from goes live, as far as ``user`` may publish
    and nothing speaks against it. ``user`` is ``None`` on the command line, where all is allowed.
    """
    work = _Import(package, catalogue, user, publish)
    try:
        with transaction.atomic():
            return work.run()
    except BaseException:
        work.remove_files()
        raise


class _Resolver(Visitor):
    """Puts the primary keys of this hub in the place of references."""

    def __init__(self, work: _Import) -> None:
        self.work = work
        self.notes: list[str] = []

    def chosen(self, model: type[models.Model], value: Any) -> Any:
        # A bare number is a key of another hub, or what somebody would like to reach in this one.
        if not isinstance(value, dict):
            return self.lost(_("Something chosen is not in the package."))
        kind, work = value.get(REF), self.work
        found = None
        if kind == "media" and issubclass(model, get_image_model() | get_document_model()):
            is_image = issubclass(model, get_image_model())
            digest = str(value.get("sha256"))
            found = work.shelf.medium("image" if is_image else "document", digest)
        elif kind == "tag" and model in (Topic, QuestionTag):
            found = work.shelf.tag(model, str(value.get("slug")))  # type: ignore[arg-type]
        elif kind in {"page", "question"}:
            place = str(value.get("key")), str(value.get("language"))
            row = (work.pages if kind == "page" else work.questions).get(place)
            found = row.pk if row is not None and isinstance(row, model) else None
        return self.lost(_("Something chosen is missing here.")) if found is None else found

    def linked(self, kind: str, value: str) -> str | None:
        if kind == "page":
            row = self.work.pages.get(tuple(value.split("/", 1)))  # type: ignore[arg-type]
            pk = row.pk if row is not None else None
        else:
            pk = self.work.shelf.medium(kind, value)
        return self.lost(_("A link leads nowhere here.")) if pk is None else str(pk)

    def rich_text(self, html: str) -> str:
        cleaned = clean_html(html)
        if cleaned != html:
            self.notes.append(_("Code was taken out of a text."))
        return rewrite_links(cleaned, self.linked)

    def lost(self, note: str) -> Any:
        """``None``, with a note."""
        self.notes.append(note)
        return None


class _Import:
    """One import. Pages get their places first, then their content: it may name any of them."""

    def __init__(
        self, package: Package, catalogue: CourseIndexPage, user: User | None, publish: bool
    ) -> None:
        self.package = package
        self.catalogue = catalogue
        self.user = user
        self.publish = publish
        self.shelf = Shelf(package, user)
        self.report = Report(package.title)
        self.pages: dict[Place, Page] = {}
        self.questions: dict[Place, BankQuestion] = {}
        self.page_steps: dict[Place, Step] = {}
        self.question_steps: dict[Place, Step] = {}

    def remove_files(self) -> None:
        for file in self.shelf.files:
            file.storage.delete(file.name)

    def run(self) -> Report:
        # Two imports at once wait for each other.
        Page.objects.select_for_update().get(pk=self.catalogue.pk)
        self.locales = {locale.language_code: locale for locale in Locale.objects.all()}
        for question in self.package.questions:
            self.question_steps[question.place] = Step(question, _title(question))
            self._place_question(question)
        for page in self.package.pages:
            self.page_steps[page.place] = Step(page, _title(page))
            self._place_page(page)
        steps = [*self.question_steps.values(), *self.page_steps.values()]
        # Originals first: the edition of a translation follows from theirs.
        first = self._first_language()
        for step in sorted(steps, key=lambda step: step.entry.language != first):
            self._guarded(step, self._fill)
        self._show_aliases()
        self._arrange()
        self._keep_translations()
        if self.publish:
            self._publish()
        self._name_what_stays()
        self.report.steps = steps
        self.report.made = self.shelf.made
        self.report.lost = self.shelf.lost
        self._log()
        return self.report

    def _guarded(self, step: Step, act: Any) -> None:
        """Leave out what is not built as it should be, without harm to the rest."""
        if step.outcome == Outcome.LEFT_OUT:
            return
        try:
            with transaction.atomic():
                act(step)
        except BrokenContent as error:
            if step.outcome == Outcome.CREATED:
                self._take_back(step)
            step.leave_out(_("The content is damaged: %(reason)s") % {"reason": error})
            step.changes = []

    def _take_back(self, step: Step) -> None:
        """Remove the empty place made for what cannot be taken over, and what hangs on it."""
        if not step.is_page:
            self.questions.pop(step.entry.place).delete()
            return
        row = Page.objects.get(pk=self.pages[step.entry.place].pk)
        below = set(row.get_descendants(inclusive=True).values_list("pk", flat=True))
        for place, page in list(self.pages.items()):
            if place not in self.pages:
                continue
            if page.pk in below:
                del self.pages[place]
                if place != step.entry.place:
                    self.page_steps[place].leave_out(_("The page above it was left out."))
            elif page.alias_of_id in below and self.page_steps[place].outcome == Outcome.CREATED:
                self._take_back(self.page_steps[place])
                self.page_steps[place].leave_out(_("The page whose text it shows was left out."))
        Page.objects.get(pk=row.pk).delete()

    # What is there, and places for what is new

    def _place_question(self, entry: QuestionEntry) -> None:
        step = self.question_steps[entry.place]
        locale = self.locales.get(entry.language)
        if locale is None:
            return step.leave_out(_no_language(entry.language))
        row = BankQuestion.objects.filter(translation_key=entry.key, locale=locale).first()
        if row is not None:
            self.questions[entry.place] = row
            if not self._may("change_bankquestion"):
                step.leave_out(_("You may not change questions of the bank."))
            elif self._is_locked(row):
                step.leave_out(_("It is locked."))
        elif not self._may("add_bankquestion"):
            step.leave_out(_("You may not add questions to the bank."))
        else:
            step.outcome = Outcome.CREATED
            row = BankQuestion(
                translation_key=entry.key,
                locale=locale,
                name=step.title[:255],
                live=False,
                is_retired=entry.is_retired,
            )
            row.save()
            self.questions[entry.place] = row
        return None

    def _place_page(self, entry: PageEntry) -> None:
        step = self.page_steps[entry.place]
        locale = self.locales.get(entry.language)
        model = _page_model(entry.model)
        if locale is None:
            return step.leave_out(_no_language(entry.language))
        if model is None:
            return step.leave_out(
                _("This type of page is not installed here: %(type)s") % {"type": entry.model}
            )
        row = Page.objects.filter(translation_key=entry.key, locale=locale).specific().first()
        if row is not None:
            return self._recognise(entry, step, row, model)
        return self._make_place(entry, step, model, locale)

    def _recognise(self, entry: PageEntry, step: Step, row: Page, model: type[Page]) -> None:
        """A page that is here already: look whether it may be changed."""
        root = self.pages.get((self.package.course, entry.language))
        is_ours = entry.parent is None or (root is not None and row.is_descendant_of(root))
        if type(row) is not model or not is_ours:
            return step.leave_out(_("A page of this identity stands elsewhere in this hub."))
        self.pages[entry.place] = row
        if not self._may_edit(row):
            step.leave_out(_("You may not edit this page."))
        elif self._is_locked(row):
            step.leave_out(_("It is locked."))
        return None

    def _make_place(self, entry: PageEntry, step: Step, model: type[Page], locale: Locale) -> None:
        """A new page, a draft with its title only."""
        if entry.parent is None:
            parent = self.catalogue.get_translation_or_none(locale)
            if parent is None:
                return step.leave_out(_("There is no catalogue in this language yet."))
        else:
            parent = self.pages.get((entry.parent, entry.language))
            if parent is None:
                return step.leave_out(_("The page above it was left out."))
        parent = parent.specific_class.objects.get(pk=parent.pk)
        if not model.can_exist_under(parent) or (entry.parent is None) != (model is CoursePage):
            return step.leave_out(_("A page of this type cannot stand there."))
        if self.user is not None and not parent.permissions_for_user(self.user).can_add_subpage():
            return step.leave_out(_("You may not add pages there."))
        slug = str(entry.fields.get("slug") or "")
        page = model(title=step.title[:255], locale=locale, translation_key=entry.key, live=False)
        page.slug = _free_slug(slug, parent, step)
        page.owner = self.user
        if entry.alias_of:
            page.alias_of = self.pages.get((entry.key, entry.alias_of))
            if page.alias_of is None:
                return step.leave_out(_("The page whose text it shows was left out."))
        try:
            with transaction.atomic():
                set_plain_fields(page, entry.fields)
                parent.add_child(instance=page)
        except (BrokenContent, ValidationError, ValueError, TypeError, DatabaseError) as error:
            return step.leave_out(_("The content is damaged: %(reason)s") % {"reason": error})
        step.outcome = Outcome.CREATED
        self.pages[entry.place] = page
        return None

    def _may(self, codename: str) -> bool:
        return self.user is None or self.user.has_perm(f"courses.{codename}")

    def _may_edit(self, page: Page) -> bool:
        return self.user is None or page.permissions_for_user(self.user).can_edit()

    def _is_locked(self, row: Any) -> bool:
        lock = row.get_lock()
        return lock is not None and (self.user is None or lock.for_user(self.user))

    # Content

    def _row(self, step: Step) -> Any:
        """The page or question as the database has it now: places change while pages are made."""
        row: Any = (self.pages if step.is_page else self.questions)[step.entry.place]
        return type(row).objects.get(pk=row.pk)

    def _fill(self, step: Step) -> None:
        """Save what the package says of a page or question as its latest draft, if it differs."""
        row = self._row(step)
        is_alias = isinstance(step.entry, PageEntry) and step.entry.alias_of is not None
        if is_alias:
            if step.outcome != Outcome.CREATED and row.alias_of_id is None:
                step.notes.append(_("It has a text of its own here, which stays."))
            return
        draft = row.get_latest_revision_as_object()
        new = self._filled(step, draft)
        before, after = stored_fields(draft), stored_fields(new)
        step.changes = [
            field_label(type(row), name)
            for name in after
            if name in step.entry.fields and before.get(name) != after[name]
        ]
        if step.outcome == Outcome.CREATED:
            step.changes = []
            new.save()
        elif not step.changes and getattr(row, "alias_of_id", None) is None:
            return
        else:
            step.outcome = Outcome.UPDATED
            self._release(row, new)
        if isinstance(new, UnitMixin):
            # Nobody was asked what the change means; who opens the draft can say otherwise.
            say(new, ChangeKind.SUBSTANTIVE, since=latest_version(new))
            new.edition = self._edition(step, new)
        new.save_revision(user=self.user, log_action=True, clean=False)

    def _edition(self, step: Step, new: UnitMixin) -> int | None:
        """The edition of a text: a translation has that of the original it came with.

        It stays what it is where the original did not come along, or was ahead of it already. Of a
        course that is new here, such a translation begins one behind its original.
        """
        original = self.page_steps.get((step.entry.key, self._first_language()))
        if original is None or original.outcome == Outcome.LEFT_OUT:
            return new.edition
        is_new = step.outcome == original.outcome == Outcome.CREATED
        if original is step:
            is_ahead = any(
                page.is_older for page in self.package.pages if page.key == step.entry.key
            )
            return 2 if is_new and is_ahead else new.edition
        if isinstance(step.entry, PageEntry) and step.entry.is_older:
            return 1 if is_new else new.edition
        return edition_to_come(self._row(original).get_latest_revision_as_object())

    def _release(self, row: Any, new: Any) -> None:
        """A page that showed the text of another language gets its own."""
        if getattr(row, "alias_of_id", None) is not None:
            row.alias_of = new.alias_of = None
            Page.objects.filter(pk=row.pk).update(alias_of=None)

    def _filled(self, step: Step, draft: Any) -> Any:
        """The draft with the content of the package; raises ``BrokenContent``."""
        model, resolver = type(draft), _Resolver(self)
        try:
            given = travelling(model, step.entry.fields)
            unknown = step.entry.fields.keys() - given.keys()
            if unknown:
                step.notes.append(
                    _("This hub does not know: %(names)s") % {"names": ", ".join(sorted(unknown))}
                )
            given = rewrite_fields(model, given, resolver)
            if isinstance(draft, Page):
                given["slug"] = self._slug(step, draft, str(given.get("slug") or draft.slug))
            check_fields(model, given)
            content = draft.serializable_data() | as_stored(model, given, draft)
            new = draft.with_content_json(content)
        except BrokenContent:
            raise
        except (ValidationError, ValueError, TypeError, AttributeError, KeyError) as error:
            raise BrokenContent(str(error)[:200]) from error
        step.notes += dict.fromkeys(resolver.notes)
        return new

    def _slug(self, step: Step, draft: Page, wanted: str) -> str:
        """The end of the address, unless another page has it."""
        parent = self.pages[step.entry.place].get_parent()
        if wanted == draft.slug or Page._slug_is_available(wanted, parent, draft):
            return wanted
        return draft.slug

    def _show_aliases(self) -> None:
        """New aliases show what their originals hold; without publishing they are drafts."""
        new = [
            self.pages[place]
            for place, step in self.page_steps.items()
            if step.outcome == Outcome.CREATED and isinstance(step.entry, PageEntry)
            if step.entry.alias_of
        ]
        if not new:
            return
        for original in {page.alias_of_id: page.alias_of for page in new}.values():
            original.specific_class.objects.get(pk=original.pk).update_aliases()
        for page in new:
            entry = self.page_steps[str(page.translation_key), page.locale.language_code].entry
            if not (self.publish and entry.is_public and self._may_publish(page)):
                Page.objects.filter(pk=page.pk).update(live=False, has_unpublished_changes=True)

    # The order of the tree

    def _arrange(self) -> None:
        """Move pages below those the package has them below, and into its order."""
        wanted: dict[int, list[Page]] = defaultdict(list)
        for entry in self.package.pages:
            page, parent = self.pages.get(entry.place), None
            if entry.parent is not None:
                parent = self.pages.get((entry.parent, entry.language))
            if page is None or parent is None:
                continue
            page, parent = (Page.objects.get(pk=row.pk) for row in (page, parent))
            if not page.is_child_of(parent) and not self._move(page, parent):
                continue
            wanted[parent.pk].append(page)
        for pk, pages in wanted.items():
            self._order(Page.objects.get(pk=pk), pages)

    def _move(self, page: Page, parent: Page) -> bool:
        step = self.page_steps[str(page.translation_key), page.locale.language_code]
        may = self.user is None or page.permissions_for_user(self.user).can_move_to(parent)
        free = Page._slug_is_available(page.slug, parent, page)
        specific = page.specific_class
        if not may or not free or specific is None or not specific.can_exist_under(parent.specific):
            step.notes.append(_("It stays where it is: it cannot be moved."))
            return False
        page.specific.move(parent, pos="last-child", user=self.user)
        step.changes.append(_("place"))
        if step.outcome == Outcome.IDENTICAL:
            step.outcome = Outcome.UPDATED
        return True

    def _order(self, parent: Page, pages: list[Page]) -> None:
        """The order of the package; a page it does not know stays behind the one it follows."""
        now = list(parent.get_children().values_list("pk", flat=True))
        order = [page.pk for page in pages]
        for index, pk in enumerate(now):
            if pk not in order:
                order.insert(order.index(now[index - 1]) + 1 if index else 0, pk)
        if order == now:
            return
        may = self.user is None or parent.permissions_for_user(self.user).can_reorder_children()
        if not may:
            self.report.notes.append(
                _("“%(page)s”: you may not change the order of the pages below it.")
                % {"page": parent.title}
            )
            return
        for before, pk in zip([None, *order], order, strict=False):
            page = Page.objects.get(pk=pk)
            if before is None:
                if page.pk != parent.get_children().first().pk:
                    page.move(parent.get_children().first(), pos="left", user=self.user)
            elif (left := page.get_prev_sibling()) is None or left.pk != before:
                page.move(Page.objects.get(pk=before), pos="right", user=self.user)
            parent = Page.objects.get(pk=parent.pk)
        is_new = any(
            step.outcome == Outcome.CREATED
            for place, step in self.page_steps.items()
            if place in self.pages and self.pages[place].pk in now
        )
        if not is_new:
            self.report.notes.append(
                _("The pages below “%(page)s” are in another order now.") % {"page": parent.title}
            )

    # Translations, publishing, what stays

    def _keep_translations(self) -> None:
        first = self._first_language()
        for steps in (self.question_steps, self.page_steps):
            for (key, language), step in steps.items():
                original = steps.get((key, first))
                if (
                    not step.entry.is_synced
                    or language == first
                    or original is None
                    or step.outcome not in (Outcome.CREATED, Outcome.UPDATED)
                    or original.outcome == Outcome.LEFT_OUT
                ):
                    continue
                pair = [self._row(one).get_latest_revision_as_object() for one in (original, step)]
                if not keep_in_step(
                    original=pair[0],
                    translation=pair[1],
                    is_new=step.outcome == Outcome.CREATED,
                ):
                    step.notes.append(
                        _(
                            "Its texts are not all where those of the original are: please look "
                            "through it after the next synchronisation."
                        )
                    )

    def _first_language(self) -> str:
        return next(c for c, locale in self.locales.items() if locale.pk == default_locale_id())

    def _may_publish(self, row: Any) -> bool:
        if self.user is None:
            return True
        if isinstance(row, BankQuestion):
            return self.user.has_perm("courses.publish_bankquestion")
        return bool(row.permissions_for_user(self.user).can_publish())

    def _publish(self) -> None:
        """Questions first, then parts before their course, originals before translations."""
        languages = list(dict.fromkeys(entry.language for entry in self.package.pages))
        steps = [
            step
            for language in languages
            for step in reversed(self.page_steps.values())
            if step.entry.language == language
        ]
        for step in [*self.question_steps.values(), *steps]:
            if step.outcome == Outcome.LEFT_OUT or not step.entry.is_public:
                continue
            row = self._row(step)
            if getattr(row, "alias_of_id", None) is not None:
                continue
            if row.live and not row.has_unpublished_changes:
                continue
            if not self._may_publish(row):
                step.notes.append(_("It stays a draft: you may not publish it."))
                continue
            revision = row.get_latest_revision() or row.save_revision(clean=False)
            try:
                revision.publish(user=self.user)
                step.is_published = True
            except PublishingRefused as error:
                step.notes.append(str(error))

    def _name_what_stays(self) -> None:
        """What stands in the course here, and not in the package."""
        known = {page.pk for page in self.pages.values()}
        for entry in self.package.pages:
            root = self.pages.get(entry.place)
            if entry.parent is not None or root is None:
                continue
            root = Page.objects.get(pk=root.pk)
            for page in root.get_descendants().exclude(pk__in=known):
                self.report.notes.append(
                    _("“%(page)s” is not in the package and stays.")
                    % {"page": page.get_admin_display_title()}
                )

    def _log(self) -> None:
        roots = [
            self.pages[e.place]
            for e in self.package.pages
            if not e.parent and e.place in self.pages
        ]
        self.report.course = CoursePage.objects.get(pk=roots[0].pk) if roots else None
        counts = self.report.counts
        if self.report.course and (counts["created"] or counts["updated"]):
            log(self.report.course, IMPORT, user=self.user, data=counts)


def _title(entry: PageEntry | QuestionEntry) -> str:
    name = "title" if isinstance(entry, PageEntry) else "name"
    return str(entry.fields.get(name) or "–")


def _no_language(language: str) -> str:
    return _("This hub does not have the language “%(language)s”.") % {"language": language}


def _page_model(label: str) -> type[Page] | None:
    try:
        model = apps.get_model(label)
    except LookupError:
        return None
    return model if issubclass(model, Page) else None


def _free_slug(slug: str, parent: Page, step: Step) -> str:
    """The end of an address that no page beside has."""
    free, number = slug, 1
    while not Page._slug_is_available(free, parent):
        number += 1
        free = f"{slug}-{number}"
    if free != slug:
        step.notes.append(
            _("The end of its address is taken here; it is now “%(slug)s”.") % {"slug": free}
        )
    return free
