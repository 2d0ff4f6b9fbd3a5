"""What a merge does, row by row: planned, shown, done, kept, and done backwards.

A step holds the values before and after as text, as a fixture would, so that undoing one restores
every field to the last microsecond. Steps are done in order and undone in the reverse order: each
state in between was one that the database accepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

Values = dict[str, Any]


def stored(row: models.Model, name: str) -> Any:
    """A value of a row as the steps keep it; ``name`` is that of the column, ``user_id``."""
    column: Any = row._meta.get_field(name)
    return None if getattr(row, name) is None else column.value_to_string(row)


def _values(model: type[models.Model], kept: Values) -> Values:
    """Kept values as the model has them."""
    return {
        name: None if value is None else _column(model, name).to_python(value)
        for name, value in kept.items()
    }


def _column(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


@dataclass(frozen=True)
class Change:
    """Some values of one row become others.

    What is ``loose`` may become something else again without hindering anybody from undoing the
    merge: then it stays as it is.
    """

    label: str
    pk: str
    before: Values
    after: Values
    loose: bool = False

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    def do(self) -> None:
        self._write(self.after)

    def undo(self) -> None:
        self._write(self.before)

    def _write(self, kept: Values) -> None:
        rows = self.model._base_manager.filter(pk=self.pk)
        rows.update(**_values(self.model, kept))

    def as_json(self) -> list[Any]:
        return ["change", self.label, self.pk, self.before, self.after, self.loose]


@dataclass(frozen=True)
class Removal:
    """One row goes; nothing that depends on it goes with it unseen."""

    label: str
    pk: str
    values: Values

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    def do(self) -> None:
        """Delete the row. Raises ``IntegrityError`` where others would be deleted with it."""
        gone, _by_model = self.model._base_manager.filter(pk=self.pk).delete()
        if gone != 1:
            raise IntegrityError(f"{gone} rows would have been deleted with {self.label}.")

    def undo(self) -> None:
        row = self.model(**_values(self.model, self.values))
        # Raw: as it was, without what saving a new row would add to it.
        row.save_base(raw=True, force_insert=True)

    def as_json(self) -> list[Any]:
        return ["remove", self.label, self.pk, self.values]


Step = Change | Removal


def from_json(kept: Iterable[list[Any]]) -> list[Step]:
    """The steps of a merge that was kept."""
    return [Change(*rest) if kind == "change" else Removal(*rest) for kind, *rest in kept]


@dataclass(frozen=True)
class Figure:
    """A number of rows in either account, with a word for them."""

    label: str
    kept: int
    gone: int


@dataclass
class Plan:
    """What a merge is to do, gathered by the mergers; nothing is written."""

    steps: list[Step] = field(default_factory=list)
    #: What HR reads: numbers, and a sentence for each decision that had to be made.
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: Why it cannot be done; empty if it can.
    obstacles: list[str] = field(default_factory=list)

    def change(self, row: models.Model, *, loose: bool = False, **values: Any) -> None:
        """Plan that a row gets other values, named by their columns; equal ones are left out.

        ``row`` itself has them from now on, so that what is planned next starts from there.
        """
        before, after = {}, {}
        for name, value in values.items():
            was = stored(row, name)
            setattr(row, name, value)
            now = stored(row, name)
            if was != now:
                before[name], after[name] = was, now
        if after:
            self.steps.append(Change(row._meta.label, str(row.pk), before, after, loose))

    def remove(self, row: models.Model) -> None:
        """Plan that a row goes. What depends on it has to be planned before."""
        values = {
            column.attname: stored(row, column.attname) for column in row._meta.concrete_fields
        }
        self.steps.append(Removal(row._meta.label, str(row.pk), values))


def do(steps: Iterable[Step]) -> None:
    """Do all steps in order."""
    for step in steps:
        step.do()


def left_behind(steps: Sequence[Step]) -> Iterator[models.Model]:
    """Rows that depend on one which is to go, and of which the steps say nothing."""
    seen: set[tuple[str, str, str]] = set()
    gone = {(step.label, step.pk) for step in steps if isinstance(step, Removal)}
    for step in steps:
        if isinstance(step, Change):
            seen |= {(step.label, step.pk, name) for name in step.after}
    for label, pk in gone:
        for relation in apps.get_model(label)._meta.get_fields(include_hidden=True):
            if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
                continue
            column: Any = relation.field  # type: ignore[union-attr]
            model: Any = relation.related_model
            for row in model._base_manager.filter(**{column.attname: pk}):
                key = (row._meta.label, str(row.pk))
                if key not in gone and (*key, column.attname) not in seen:
                    yield row


class CannotBeRestored(Exception):
    """Something has changed since, so that what was before cannot come back."""


def undo(steps: Sequence[Step]) -> None:
    """Undo all steps in the reverse order. Raises ``CannotBeRestored``; then nothing is written."""
    try:
        with transaction.atomic():
            for step in reversed(_still_as_left(steps)):
                step.undo()
    except IntegrityError as error:
        raise CannotBeRestored from error


def _still_as_left(steps: Sequence[Step]) -> list[Step]:
    """The steps without the loose values that became others since.

    Raises ``CannotBeRestored`` where others did, or where what a removed row belonged to is gone.
    """
    left: dict[tuple[str, str, str], Any] = {}
    loose: set[tuple[str, str, str]] = set()
    for step in steps:
        if isinstance(step, Change):
            for name, value in step.after.items():
                left[step.label, step.pk, name] = value
                if step.loose:
                    loose.add((step.label, step.pk, name))
        else:
            # It was changed first and then went: it comes back as it went.
            left = {key: value for key, value in left.items() if key[:2] != (step.label, step.pk)}
    rows = _rows({key[:2] for key in left})
    others = set()
    for key, value in left.items():
        row = rows.get(key[:2])
        if row is None or stored(row, key[2]) != value:
            if key not in loose:
                raise CannotBeRestored
            others.add(key)
    _require_what_rows_belong_to(steps)
    return list(_without(steps, others))


def _rows(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], models.Model]:
    """Rows by model and key, locked until the transaction ends; a query for each model."""
    by_label: dict[str, list[str]] = {}
    for label, pk in keys:
        by_label.setdefault(label, []).append(pk)
    return {
        (label, str(row.pk)): row
        for label, pks in sorted(by_label.items())
        for row in apps.get_model(label)
        ._base_manager.select_for_update(of=("self",))
        .filter(pk__in=pks)
        .order_by("pk")
    }


def _require_what_rows_belong_to(steps: Sequence[Step]) -> None:
    """A database may tell only at the end of the transaction that a row hangs in the air."""
    removals = [step for step in steps if isinstance(step, Removal)]
    back = {(step.label, step.pk) for step in removals}
    for step in removals:
        for column in step.model._meta.concrete_fields:
            value = step.values[column.attname]
            if column.remote_field is None or value is None:
                continue
            model: Any = column.related_model
            if (model._meta.label, value) not in back and not model._base_manager.filter(
                pk=value
            ).exists():
                raise CannotBeRestored


def _without(steps: Iterable[Step], others: set[tuple[str, str, str]]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Removal):
            yield step
            continue
        before = {
            name: value
            for name, value in step.before.items()
            if (step.label, step.pk, name) not in others
        }
        if before:
            yield Change(step.label, step.pk, before, step.after, step.loose)
