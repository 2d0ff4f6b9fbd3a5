"""The same facts for machines: an Open Badges 3.0 credential.

1EdTech Open Badges Specification 3.0 (an ``OpenBadgeCredential``, a profile of W3C Verifiable
Credentials 2.0). A pure function of the frozen payload. It bears no proof of its own: what holds it
is the file it is attached to, by the checksum on the check page and by the signature where there is
one. Nor does it claim a ``credentialStatus``: its ``id`` is the check page, which tells the status.
"""

from __future__ import annotations

import base64
from datetime import date, datetime, time
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from .payload import Activity, Course, Payload

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
#: What Open Badges has no word for, in the words of schema.org.
MORE_WORDS = {
    "schema": "https://schema.org/",
    "sha256": "schema:sha256",
    "version": "schema:version",
    "datePublished": "schema:datePublished",
    "timeRequired": "schema:timeRequired",
    "educationalLevel": "schema:educationalLevel",
    "citation": "schema:citation",
    "contentReferenceTime": "schema:contentReferenceTime",
    "department": "schema:department",
    "maintainer": "schema:maintainer",
    "accountablePerson": "schema:accountablePerson",
    "roleName": "schema:roleName",
    "usageInfo": "schema:usageInfo",
    "isBasedOn": "schema:isBasedOn",
}
#: Values of ``achievementType``: who only took part has completed nothing that was tested (R3).
ACHIEVEMENT_TYPES = {"certificate": "CertificateOfCompletion"}
ATTENDED = "Course"
#: Days of a certificate are days in Germany.
ZONE = ZoneInfo("Europe/Berlin")


def credential(payload: Payload) -> dict[str, Any]:
    """The certificate as JSON-LD; equal payloads give equal credentials."""
    units: list[Course | Activity] = [payload.course, *payload.activities]
    expiry = {"validUntil": _moment(payload.valid_until, time.max)} if payload.valid_until else {}
    return {
        "@context": [*CONTEXTS, MORE_WORDS],
        "id": payload.check_url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{payload.title}: {payload.course.title}",
        "issuer": _issuer(payload),
        "validFrom": _moment(payload.issued_on, time.min),
        **expiry,
        "awardedDate": _moment(payload.completed_on, time.min),
        "credentialSubject": _subject(payload),
        "evidence": [_evidence(unit) for unit in units],
        "usageInfo": payload.note,
        # The certificate it replaces, with another name.
        **({"isBasedOn": payload.replaces} if payload.replaces else {}),
    }


def _issuer(payload: Payload) -> dict[str, Any]:
    """The authority; its place in the hub is the beginning of its certificate numbers."""
    hub = urlsplit(payload.check_url)
    code = payload.number.rsplit("-", 2)[0]
    issuer: dict[str, Any] = {
        "id": f"{hub.scheme}://{hub.netloc}/#{quote(code)}",
        "type": ["Profile"],
        "name": payload.organisation.name,
    }
    if payload.organisation.department:
        issuer["department"] = payload.organisation.department
    if payload.organisation.address:
        issuer["address"] = {
            "type": ["Address"],
            "streetAddress": ", ".join(payload.organisation.address.splitlines()),
        }
    return issuer


def _subject(payload: Payload) -> dict[str, Any]:
    return {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "identityType": "name",
                "identityHash": payload.person_name,
                "hashed": False,
            }
        ],
        "licenseNumber": payload.number,
        "activityEndDate": _moment(payload.completed_on, time.min),
        "achievement": _achievement(payload),
    }


def _achievement(payload: Payload) -> dict[str, Any]:
    course = payload.course
    achievement: dict[str, Any] = {
        "id": f"urn:uuid:{course.key}",
        "type": ["Achievement"],
        "achievementType": ACHIEVEMENT_TYPES.get(payload.kind, ATTENDED),
        "name": course.title,
        "description": "\n".join(course.objectives) or course.title,
        "criteria": {"narrative": payload.statement},
        "inLanguage": course.language,
        "version": str(course.version_number),
        "timeRequired": f"PT{course.duration_minutes}M",
        "accountablePerson": [
            {"name": signatory.name, "roleName": signatory.role}
            for signatory in payload.signatories
        ],
    }
    more = {
        "educationalLevel": course.level,
        "citation": payload.legal_text,
        "contentReferenceTime": payload.legal_as_of,
        "maintainer": payload.responsible_body,
    }
    return achievement | {name: value for name, value in more.items() if value}


def _evidence(unit: Course | Activity) -> dict[str, Any]:
    """The wording of a version, named by its checksum (RFC 6920)."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(unit.sha256)).decode().rstrip("=")
    note = getattr(unit, "source_note", "")
    return {
        "id": f"ni:///sha-256;{digest}",
        "type": ["Evidence"],
        "name": unit.title,
        "genre": getattr(unit, "kind", "course"),
        "sha256": unit.sha256,
        "version": unit.version_number,
        "datePublished": unit.version_date,
        **({"description": note} if note else {}),
    }


def _moment(day: str, clock: time) -> str:
    """The beginning or the end of a day, as ISO 8601 with its distance from UTC."""
    moment = datetime.combine(date.fromisoformat(day), clock.replace(microsecond=0), ZONE)
    return moment.isoformat()
