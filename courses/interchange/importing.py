"""Questions of a file into the bank: first a plan, then one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.core.exceptions import ValidationError
from django.core.files.images import ImageFile
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.blocks import StreamValue
from wagtail.images import get_image_model
from wagtail.models import Collection, Locale

from courses.models import BankQuestion, QuestionTag, TaggedQuestion
from courses.questions import questions as question_types
from hub.organisations.models import User
from hub.publishing import PublishingRefused

from .making import make_drafts, make_pictures, publish_new, record_references, refusal
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
#: How many questions are made at once; after each lot it is said how far the import is.
LOT = 100

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
    #: Under which the log has what one import made.
    run: UUID | None = None

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
    steps = list(_planned(parsed.questions))
    steps += [
        Step(Outcome.LEFT_OUT, rejected.name, rejected.line, rejected.reason)
        for rejected in parsed.rejected
    ]
    steps.sort(key=lambda step: step.line)
    return ImportPlan(_recognised(steps), language)


def _planned(questions: Sequence[ParsedQuestion]) -> Iterator[Step]:
    known = [question for question in questions if question.type_key in question_types]
    values = dict(zip(map(id, known), _streams(known, {}), strict=True))
    for question in questions:
        if id(question) not in values:
            reason = _("This type of question is not installed.")
            yield Step(Outcome.LEFT_OUT, question.name, question.line, reason)
            continue
        notes = (*question.notes, *_obstacles(values[id(question)]))
        yield Step(Outcome.CREATED, question.name, question.line, "", notes, question)


def _streams(
    questions: Sequence[ParsedQuestion], pictures: Mapping[str, int]
) -> Sequence[StreamValue]:
    """What the field of a bank question holds for each; one query for all their pictures."""
    streams: Sequence[StreamValue] = _stream_block().bulk_to_python(
        [
            [
                {
                    "type": question.type_key,
                    "id": str(uuid5(NAMESPACE, question.fingerprint)),
                    "value": with_picture_keys(question.value, pictures.get),
                }
            ]
            for question in questions
        ]
    )
    return streams


def _stream_block() -> Any:
    return BankQuestion._meta.get_field("question").stream_block


def _obstacles(stream: StreamValue) -> Iterator[str]:
    """What an editor has to change before the question can be published."""
    try:
        stream[0].block.clean(stream[0].value)
    except ValidationError as error:
        refused = PublishingRefused(None, error)
        yield _("To be corrected before it is published: %(reasons)s") % {
            "reasons": " ".join(dict.fromkeys(refused.reasons()))
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
    note. ``tags`` are given to all. Importing twice makes nothing twice. Raises
    ``PublishPermissionError`` if ``user`` may not publish.
    """
    with closing(import_in_lots(plan=plan, user=user, publish=publish, tags=tags)) as lots:
        while True:
            try:
                done = next(lots)
            except StopIteration as end:
                result: ImportPlan = end.value
                return result
            if progress:
                progress(*done)


def import_in_lots(
    *, plan: ImportPlan, user: User | None, publish: bool = False, tags: Sequence[str] = ()
) -> Generator[tuple[int, int], None, ImportPlan]:
    """``import_questions`` for who shows how far it is: how many are made, of how many.

    Whoever stops asking must close it; nothing is made then.
    """
    files: list[Any] = []
    try:
        with transaction.atomic():
            # The same file sent twice at once: the second waits, and recognises all of it.
            locales = {
                locale.language_code: locale
                for locale in Locale.objects.select_for_update(no_key=True)
            }
            done = ImportPlan(_recognised(plan.steps), plan.language, run=uuid4())
            places = [
                number for number, step in enumerate(done.steps) if step.outcome == Outcome.CREATED
            ]
            making = _Making(done, locales, user, publish, tags, files)
            for start in range(0, len(places), LOT):
                yield start, len(places)
                making.make(places[start : start + LOT])
            yield len(places), len(places)
    except BaseException:
        # What a transaction takes back, a folder of files does not.
        for file in files:
            if file._committed:
                file.storage.delete(file.name)
        raise
    return done


class _Making:
    """What all questions of one import have in common."""

    def __init__(
        self,
        plan: ImportPlan,
        locales: Mapping[str, Locale],
        user: User | None,
        publish: bool,
        tags: Sequence[str],
        files: list[Any],
    ) -> None:
        self.plan = plan
        self.locales = locales
        self.default_locale = locales.get(plan.language) or Locale.get_default()
        #: The primary keys of pictures by the hashes of their files.
        self.pictures: dict[str, int] = {}
        self.files = files
        self.user = user
        self.author = user.get_full_name()[:200] if user else ""
        self.publish = publish
        self.tags = tags
        made = (step.question for step in plan.with_outcome(Outcome.CREATED))
        self.keywords = _keywords(
            [*(tag for question in made if question for tag in question.tags), *tags]
        )

    def make(self, places: Sequence[int]) -> None:
        """Make the questions at some places of the plan."""
        parsed = [step.question for place in places if (step := self.plan.steps[place])]
        known = [question for question in parsed if question is not None]
        self.add_pictures(known)
        streams = _streams(known, self.pictures)
        questions = [self.draft(*pair) for pair in zip(known, streams, strict=True)]
        reasons = [refusal(question) if self.publish else "" for question in questions]
        run: Any = self.plan.run
        make_drafts(
            questions,
            user=self.user,
            action=IMPORT,
            run=run,
            picture_hashes={key: digest for digest, key in self.pictures.items()},
        )
        if self.publish:
            ready = [q for q, reason in zip(questions, reasons, strict=True) if not reason]
            publish_new(ready, user=self.user, run=run)
            for place, reason in zip(places, reasons, strict=True):
                if reason:
                    step = self.plan.steps[place]
                    self.plan.steps[place] = replace(step, notes=(*step.notes, reason))
        record_references(questions)
        self.plan.created += questions

    def draft(self, parsed: ParsedQuestion, stream: StreamValue) -> BankQuestion:
        """A question that is not saved yet, with its keywords."""
        names = dict.fromkeys(map(_same, [*parsed.tags, *self.tags]))
        return BankQuestion(
            name=parsed.name,
            question=stream,
            locale=self.locales.get(parsed.language) or self.default_locale,
            author=self.author,
            live=False,
            tagged=[TaggedQuestion(tag=self.keywords[name]) for name in names],
        )

    def add_pictures(self, questions: Iterable[ParsedQuestion]) -> None:
        """Make the pictures of questions; what the hub or the import has already is found."""
        needed: dict[str, tuple[Picture, str]] = {}
        for question in questions:
            for value in picture_values(question.value):
                picture = question.pictures[value["image"]]
                if picture.digest not in self.pictures:
                    needed.setdefault(picture.digest, (picture, value["alt_text"]))
        if not needed:
            return
        image_model = get_image_model()
        for chunk in _chunks(sorted(needed)):
            rows = image_model.objects.filter(file_hash__in=chunk).order_by("-pk")
            self.pictures |= dict(rows.values_list("file_hash", "pk"))
        images = [
            image_model(
                title=(alt_text or picture.file_name)[:255],
                file=ImageFile(BytesIO(picture.content), name=picture.file_name),
                file_hash=digest,
                file_size=len(picture.content),
                collection=self.collection,
                uploaded_by_user=self.user,
            )
            for digest, (picture, alt_text) in needed.items()
            if digest not in self.pictures
        ]
        # Before they are saved: what is half saved must go, too.
        self.files += [image.file for image in images]
        make_pictures(images)
        self.pictures |= {image.file_hash: image.pk for image in images}

    @cached_property
    def collection(self) -> Collection:
        root = Collection.get_first_root_node()
        found = root.get_children().filter(name=COLLECTION).first()
        return found or root.add_child(name=COLLECTION)


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
