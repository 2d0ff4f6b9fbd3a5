"""The frozen content of a certificate: everything the document says (R1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: 1 had a day for every activity, which told more of the person than the document does, and no
#: language of the course. 2 had no signatures, marks, cited certificate or unfilled texts.
SCHEMA = 3


@dataclass(frozen=True)
class IssuingOrganisation:
    name: str
    department: str
    logo_svg: str
    address: str


@dataclass(frozen=True)
class Course:
    title: str
    key: str
    level: str
    objectives: list[str]
    duration_minutes: int
    version_number: int
    version_date: str
    sha256: str
    language: str


@dataclass(frozen=True)
class Activity:
    title: str
    kind: str
    version_number: int
    version_date: str
    sha256: str
    language: str
    #: How it was completed where not by learning it here: in words, or empty.
    source_note: str = ""


@dataclass(frozen=True)
class Signatory:
    name: str
    role: str
    #: The scanned signature as a data URI, or empty.
    signature: str = ""


@dataclass(frozen=True)
class Payload:
    """What is frozen at issue; dates are ISO 8601 days, keys and checksums are text.

    ``title``, ``statement`` and ``note`` are what the document says. ``as_written`` has those of
    them that hold placeholders, unfilled: a certificate that replaces this one fills them anew.
    """

    kind: str
    number: str
    code: str
    check_url: str
    language: str
    person_name: str
    organisation: IssuingOrganisation
    course: Course
    activities: list[Activity]
    completed_on: str
    issued_on: str
    valid_until: str | None
    legal_text: str
    legal_as_of: str | None
    responsible_body: str
    signatories: list[Signatory]
    title: str
    statement: str
    note: str
    #: The number of the certificate that this one replaces, or empty.
    replaces: str = ""
    as_written: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """JSON values, with the number of the schema; its lists are those of the payload."""
        # ``asdict`` copies every value in depth, which takes ten times as long.
        return {
            "schema": SCHEMA,
            **vars(self),
            "organisation": {**vars(self.organisation)},
            "course": {**vars(self.course)},
            "activities": [{**vars(activity)} for activity in self.activities],
            "signatories": [{**vars(signatory)} for signatory in self.signatories],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Payload:
        """The reverse of ``to_json``; raises ``ValueError`` for a schema it does not know."""
        values = dict(data)
        schema = values.pop("schema", None)
        if schema == 1:
            values = _from_schema_1(values)
        elif schema not in (2, SCHEMA):
            raise ValueError("This certificate has a schema this version does not know.")
        values["organisation"] = IssuingOrganisation(**values["organisation"])
        values["course"] = Course(**values["course"])
        values["activities"] = [Activity(**activity) for activity in values["activities"]]
        values["signatories"] = [Signatory(**signatory) for signatory in values["signatories"]]
        return cls(**values)


def _from_schema_1(values: dict[str, Any]) -> dict[str, Any]:
    activities = [
        {name: value for name, value in activity.items() if name != "completed_on"}
        for activity in values["activities"]
    ]
    course = {**values["course"], "language": values["language"]}
    return {**values, "activities": activities, "course": course}
