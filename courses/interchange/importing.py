"""Questions of a file into the bank: first a plan, then one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any
from uuid import uuid5

from django.core.exceptions import ValidationError
from django.core.files.images import ImageFile
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.images import get_image_model
from wagtail.log_actions import log
from wagtail.models import Collection, Locale, ReferenceIndex
from wagtail.signal_handlers import disable_reference_index_auto_update

from courses.models import BankQuestion, QuestionTag, TaggedQuestion
from courses.questions import questions as question_types
from hub.organisations.models import User
from hub.publishing import PublishingRefused

from .questions import (
    NAMESPACE,
    ParsedQuestion,
    Picture,
    picture_values,
    with_picture_keys,
)
from .reading import read_file

IMPORT = "courses.import_question"
#: Where the pictures of imported questions lie.
COLLECTION = "Fragenpool"
#: How many values a query names at once.
CHUNK = 500

Progress = Callable[[int, int], None]


class Outcome(models.TextChoices):
    """What becomes of a question of a file."""

    CREATED = "created", gettext_lazy("new")
    IDENTICAL = "identical", gettext_lazy("already there")
    LEFT_OUT = "left_out", gettext_lazy("left out")


@dataclass(frozen=True)
class Step:
    """What becomes of one question: ``line`` is its line or row, ``notes`` are to be read."""

    outcome: Outcome
    name: str
    line: int
    reason: str = ""
    notes: tuple[str, ...] = ()
    question: ParsedQuestion | None = None

    @property
    def outcome_label(self) -> str:
        return str(self.outcome.label)

    @property
    def type_label(self) -> str:
        if self.question is None:
            return ""
        return str(question_types.get(self.question.type_key)._meta_class.label)  # type: ignore[attr-defined]


@dataclass
class ImportPlan:
    """What an import of a file would do, or did, question by question."""

    steps: list[Step]
    language: str
    created: list[BankQuestion] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(step.outcome for step in self.steps)
        return {outcome.value: found[outcome] for outcome in Outcome}

    def with_outcome(self, outcome: Outcome) -> list[Step]:
        return [step for step in self.steps if step.outcome == outcome]


def plan_import(*, content: bytes, file_name: str = "", language: str = "de") -> ImportPlan:
    """What an import would do; nothing is written.

    ``language`` is that of questions whose file names none. Raises ``UnreadableError``.
    """
    parsed = read_file(content, file_name, language=language)
    steps = [_planned(question) for question in parsed.questions]
    steps += [
        Step(Outcome.LEFT_OUT, rejected.name, rejected.line, rejected.reason)
        for rejected in parsed.rejected
    ]
    steps.sort(key=lambda step: step.line)
    return ImportPlan(_recognised(steps), language)


def _planned(question: ParsedQuestion) -> Step:
    if question.type_key not in question_types:
        reason = _("This type of question is not installed.")
        return Step(Outcome.LEFT_OUT, question.name, question.line, reason)
    notes = [*question.notes, *_obstacles(question)]
    return Step(Outcome.CREATED, question.name, question.line, "", tuple(notes), question)


def _obstacles(question: ParsedQuestion) -> Iterator[str]:
    """What an editor has to change before the question can be published."""
    stream = BankQuestion._meta.get_field("question").stream_block
    block = stream.child_blocks[question.type_key]
    value = block.to_python(with_picture_keys(question.value, lambda _key: None))
    try:
        block.clean(value)
    except ValidationError as error:
        refusal = PublishingRefused(None, error)
        yield _("To be corrected before it is published: %(reasons)s") % {
            "reasons": " ".join(dict.fromkeys(refusal.reasons()))
        }


def _recognised(steps: Iterable[Step]) -> list[Step]:
    """The steps, with what the bank or the file itself has already."""
    steps = list(steps)
    known = _known(step.question.fingerprint for step in steps if step.question)
    first_lines: dict[str, int] = {}
    found = []
    for step in steps:
        if step.question is not None and step.outcome == Outcome.CREATED:
            mark = step.question.fingerprint
            if mark in known:
                reason = _("The same question is in the bank: “%(name)s”.") % {"name": known[mark]}
                step = replace(step, outcome=Outcome.IDENTICAL, reason=reason, notes=())
            elif mark in first_lines:
                reason = _("The same question stands in the file at %(line)s.") % {
                    "line": first_lines[mark]
                }
                step = replace(step, outcome=Outcome.IDENTICAL, reason=reason, notes=())
            first_lines.setdefault(mark, step.line)
        found.append(step)
    return found


def _known(marks: Iterable[str]) -> dict[str, str]:
    """The names of the questions in the bank that have one of the fingerprints."""
    known: dict[str, str] = {}
    for chunk in _chunks(sorted(set(marks))):
        rows = BankQuestion.objects.filter(fingerprint__in=chunk)
        known |= dict(rows.order_by("-pk").values_list("fingerprint", "name"))
    return known


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def import_questions(
    *,
    plan: ImportPlan,
    user: User | None = None,
    publish: bool = False,
    tags: Sequence[str] = (),
    progress: Progress | None = None,
) -> ImportPlan:
    """Make the questions of a plan, all or none; what came in since is recognised.

    They are drafts unless ``publish`` is asked for; what cannot be published stays a draft with a
    note. ``tags`` are given to all. Importing twice makes nothing twice.
    """
    files: list[Any] = []
    try:
        # Wagtail would look for references at every save; only pictures are any.
        with transaction.atomic(), disable_reference_index_auto_update():
            done = ImportPlan(_recognised(plan.steps), plan.language)
            making = done.with_outcome(Outcome.CREATED)
            pictures = _make_pictures(making, user, files)
            keywords = _keywords(
                [*(tag for step in making if step.question for tag in step.question.tags), *tags]
            )
            locales = {locale.language_code: locale for locale in Locale.objects.all()}
            for number, step in enumerate(making, start=1):
                if step.question is None:
                    continue
                code = step.question.language or plan.language
                question = _make(
                    step.question,
                    locale=locales.get(code) or Locale.get_default(),
                    user=user,
                    pictures=pictures,
                    tags=tags,
                    keywords=keywords,
                )
                done.created.append(question)
                if publish and (refusal := _publish(question, user)):
                    place = done.steps.index(step)
                    done.steps[place] = replace(step, notes=(*step.notes, refusal))
                if progress:
                    progress(number, len(making))
    except BaseException:
        # What a transaction takes back, a folder of files does not.
        for file in files:
            file.storage.delete(file.name)
        raise
    return done


def _make(
    parsed: ParsedQuestion,
    *,
    locale: Locale,
    user: User | None,
    pictures: dict[str, int],
    tags: Sequence[str],
    keywords: dict[str, QuestionTag],
) -> BankQuestion:
    value = with_picture_keys(parsed.value, pictures.get)
    block = {
        "type": parsed.type_key,
        "id": str(uuid5(NAMESPACE, parsed.fingerprint)),
        "value": value,
    }
    question = BankQuestion(
        name=parsed.name,
        question=json.dumps([block]),
        locale=locale,
        author=user.get_full_name()[:200] if user else "",
        live=False,
    )
    question.save()
    if names := dict.fromkeys([*parsed.tags, *tags]):
        question.tagged.add(*(TaggedQuestion(tag=keywords[_same(name)]) for name in names))
        question.tagged.commit()
    # What the plan says of it was said; a draft may be incomplete.
    question.save_revision(user=user, clean=False)
    log(question, IMPORT, user=user)
    if pictures:
        ReferenceIndex.create_or_update_for_object(question)
    return question


def _keywords(names: Iterable[str]) -> dict[str, QuestionTag]:
    """The keywords of those names, whatever their capitals; those that are missing are made."""
    wanted = {_same(name): name for name in reversed(list(names))}
    found = {_same(tag.name): tag for tag in QuestionTag.objects.all()} if wanted else {}
    for mark, name in wanted.items():
        if mark not in found:
            found[mark] = QuestionTag.objects.create(name=name)
    return found


def _same(name: str) -> str:
    return name.casefold()


def _publish(question: BankQuestion, user: User | None) -> str:
    """Publish a question, or say why it stays a draft."""
    try:
        question.latest_revision.publish(user=user)
    except PublishingRefused as error:
        return str(error)
    return ""


def _make_pictures(steps: Iterable[Step], user: User | None, files: list[Any]) -> dict[str, int]:
    """The primary keys of pictures by their hashes; those that are not there yet are made."""
    needed: dict[str, tuple[Picture, str]] = {}
    for step in steps:
        if step.question is not None:
            for value in picture_values(step.question.value):
                picture = step.question.pictures[value["image"]]
                needed.setdefault(picture.digest, (picture, value["alt_text"]))
    if not needed:
        return {}
    image_model = get_image_model()
    keys: dict[str, int] = {}
    for chunk in _chunks(sorted(needed)):
        rows = image_model.objects.filter(file_hash__in=chunk).order_by("-pk")
        keys |= dict(rows.values_list("file_hash", "pk"))
    collection = None
    for digest, (picture, alt_text) in needed.items():
        if digest in keys:
            continue
        collection = collection or _collection()
        image = image_model(
            title=(alt_text or picture.file_name)[:255],
            file=ImageFile(BytesIO(picture.content), name=picture.file_name),
            collection=collection,
            uploaded_by_user=user,
        )
        image._set_file_hash()
        image.file_size = len(picture.content)
        image.save()
        files.append(image.file)
        keys[digest] = image.pk
    return keys


def _collection() -> Collection:
    root = Collection.get_first_root_node()
    found = root.get_children().filter(name=COLLECTION).first()
    return found or root.add_child(name=COLLECTION)
