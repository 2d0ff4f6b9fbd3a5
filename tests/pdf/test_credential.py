"""What 1EdTech's Open Badges 3.0 asks of an OpenBadgeCredential (sections B.1 and following)."""

import io
import json
import re
from dataclasses import replace
from datetime import datetime

import pikepdf
import pytest

from certificates.credential import credential
from certificates.designs import ClassicDesign

from .test_rendering import CASES, payload, render_pdf

URI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)
#: AchievementType and IdentifierTypeEnum, as far as the hub uses them.
ACHIEVEMENT_TYPES = {"CertificateOfCompletion", "Course"}
WORDS_OF_THE_CONTEXTS = """
    @context id type name issuer validFrom validUntil awardedDate credentialSubject evidence
    address streetAddress identifier identityType identityHash hashed licenseNumber activityEndDate
    achievement achievementType description criteria narrative inLanguage version genre
"""


def required(node, **kinds):
    """Each named property is there and of its kind."""
    for name, kind in kinds.items():
        assert isinstance(node[name], kind), name
        assert node[name] != "", name


def moment(text):
    """A date-time of XML Schema with its distance from UTC (VC Data Model 2.0, 4.9)."""
    assert datetime.fromisoformat(text).tzinfo is not None
    return text


@pytest.mark.parametrize("name", CASES)
def test_every_credential_has_what_the_specification_requires(name):
    badge = credential(CASES[name])
    first, second = badge["@context"][:2]
    assert first == "https://www.w3.org/ns/credentials/v2"
    assert re.fullmatch(r"https://purl\.imsglobal\.org/spec/ob/v3p0/context-3\.0\.\d\.json", second)
    assert {"VerifiableCredential", "OpenBadgeCredential"} <= set(badge["type"])
    required(badge, id=str, name=str, issuer=dict, validFrom=str, credentialSubject=dict)
    assert URI.fullmatch(badge["id"])
    assert moment(badge["validFrom"]) < badge.get("validUntil", "9999")
    _issuer(badge["issuer"])
    _subject(badge["credentialSubject"])
    for evidence in badge["evidence"]:
        assert "Evidence" in evidence["type"]
        required(evidence, id=str, name=str)
        assert URI.fullmatch(evidence["id"])
    # It claims neither a proof nor a list of revoked ones that is not there.
    assert not {"proof", "credentialStatus"} & set(badge)


def _issuer(issuer):
    assert "Profile" in issuer["type"]
    required(issuer, id=str, name=str)
    assert URI.fullmatch(issuer["id"])
    if "address" in issuer:
        assert "Address" in issuer["address"]["type"]


def _subject(subject):
    assert "AchievementSubject" in subject["type"]
    required(subject, achievement=dict, identifier=list)
    for identity in subject["identifier"]:
        assert identity["type"] == "IdentityObject"
        assert identity["identityType"] == "name"
        assert identity["hashed"] is False
        required(identity, identityHash=str)
    achievement = subject["achievement"]
    assert "Achievement" in achievement["type"]
    required(achievement, id=str, name=str, description=str, criteria=dict, version=str)
    assert achievement["criteria"]["narrative"]
    assert achievement["achievementType"] in ACHIEVEMENT_TYPES


def test_every_word_of_its_own_is_defined():
    """JSON-LD drops what no context knows; these are the words of the two contexts in use."""
    known = set(re.findall(r"\S+", WORDS_OF_THE_CONTEXTS))
    badge = credential(payload())
    defined = badge["@context"][2]

    def words(node):
        for name, value in node.items():
            if name != "@context":
                yield name
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, dict):
                        yield from words(child)

    assert set(words(badge)) <= known | set(defined)


@pytest.mark.parametrize("name", CASES)
def test_it_says_what_the_payload_says(name):
    case = CASES[name]
    text = json.dumps(credential(case), ensure_ascii=False)
    facts = [
        case.number,
        case.check_url,
        case.person_name,
        case.organisation.name,
        case.organisation.department,
        case.course.title,
        case.course.key,
        case.course.level,
        case.course.sha256,
        case.title,
        case.statement,
        case.note,
        case.legal_text,
        case.responsible_body,
        case.completed_on,
        case.issued_on,
        case.valid_until or "",
        case.legal_as_of or "",
        *(signatory.name for signatory in case.signatories),
        *(fact for unit in case.activities for fact in (unit.title, unit.sha256)),
    ]
    escaped = [json.dumps(fact, ensure_ascii=False)[1:-1] for fact in facts]
    assert [fact for fact in escaped if fact not in text] == []


def test_days_begin_and_end_in_germany():
    badge = credential(payload(issued_on="2026-07-01", valid_until="2028-11-20"))
    assert badge["validFrom"] == "2026-07-01T00:00:00+02:00"
    assert badge["validUntil"] == "2028-11-20T23:59:59+01:00"
    assert "validUntil" not in credential(payload(valid_until=None))


def test_who_only_took_part_has_completed_no_test():
    attended = credential(payload(kind="attendance"))
    assert attended["credentialSubject"]["achievement"]["achievementType"] == "Course"


def test_the_wording_is_named_by_its_checksum():
    """RFC 6920: the base64url of the digest, without padding."""
    (course, *_modules) = credential(payload())["evidence"]
    assert course["id"] == "ni:///sha-256;q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"
    assert course["sha256"] == "ab" * 32


def test_the_file_carries_it():
    case = replace(payload(), person_name="李明")
    with pikepdf.open(io.BytesIO(render_pdf(case, ClassicDesign()))) as pdf:
        data = pdf.attachments["credential.json"].get_file().read_bytes()
    assert json.loads(data) == credential(case)
