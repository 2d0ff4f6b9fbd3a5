"""What somebody could write or upload to make the renderer reach out, and that it does not."""

import base64
import io
import re
import sys
from dataclasses import fields, replace

import page
import pikepdf
import pytest
from django.core.exceptions import ValidationError

from certificates.designs import ClassicDesign
from certificates.making import make_pdf
from certificates.payload import Course, IssuingOrganisation, Payload, Signatory
from certificates.rendering import render
from certificates.signatures import signature_uri
from certificates.wording import filled
from hub.drawings import HasLetters, NoDrawing, UnsafeDrawing, check_drawing

from .test_rendering import activity, payload
from .text import pages_of

SECRET = "geheim-4711"


def drawing(inside: str, before: str = "", root: str = "") -> str:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'{before}<svg {names} viewBox="0 0 10 10" {root}>{inside}</svg>'


def data_uri(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def drawings(place: str) -> dict[str, str]:
    """Drawings that refer to ``place`` in every way SVG has."""
    image = f'<image href="{place}" width="5" height="5"/>'
    return {
        "image": drawing(image),
        "image of XLink": drawing(f'<image xlink:href="{place}" width="5" height="5"/>'),
        "image in an image": drawing(f'<image href="{data_uri(drawing(image))}"/>'),
        "beside": drawing('<image href="x.svg"/>', root=f'xml:base="{place}"'),
        "use": drawing(f'<use href="{place}#a"/>'),
        "style sheet": drawing(f'<style>@import url("{place}");</style>'),
        "style sheet without brackets": drawing(f'<style>@import "{place}";</style>'),
        "font": drawing(
            f'<style>@font-face{{font-family:x;src:url("{place}")}}text{{font-family:x}}</style>'
            '<text y="5">a</text>'
        ),
        "fill": drawing(f'<rect width="9" height="9" fill="url({place}#g)"/>'),
        "style": drawing(f'<rect width="9" height="9" style="fill:url({place}#g)"/>'),
        "filter": drawing(f'<filter id="f"><feImage href="{place}"/></filter>'),
        "page": drawing(
            f'<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="{place}"/>'
            "</foreignObject>"
        ),
        "entity": drawing(
            "<desc>&x;</desc>", before=f'<!DOCTYPE svg [<!ENTITY x SYSTEM "{place}">]>'
        ),
    }


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "x.svg"
    path.write_text(drawing(f"<desc>{SECRET}</desc>"))
    return path


PLACES = ("http://127.0.0.1:9/x.svg", "https://localhost:9/x.svg", "//127.0.0.1:9/x.svg")
_seen: list[str] = []


@sys.addaudithook
def _watch(event: str, arguments: tuple) -> None:
    """For the life of the process: a hook cannot be taken away."""
    if event == "open":
        _seen.append(str(arguments[0]))
    elif event in {"socket.connect", "socket.getaddrinfo", "subprocess.Popen"}:
        _seen.append(event)


def reached(case: Payload, secret) -> list[str]:
    """What making the file touched that it must not; the file is made and conforms."""
    render(payload(), ClassicDesign())
    _seen.clear()
    content = render(case, ClassicDesign()).content
    touched = [
        entry for entry in _seen if str(secret.parent) in entry or entry.startswith(("soc", "sub"))
    ]
    for profile in ("3a", "ua1"):
        assert page.is_pdf_compliant_bytes(content, profile=profile)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert sorted(pdf.attachments) == ["credential.json", "nachweis.json"]
        streams = [item for item in pdf.objects if isinstance(item, pikepdf.Stream)]
        assert not any(SECRET.encode() in stream.read_bytes() for stream in streams)
    return touched


@pytest.mark.parametrize("kind", drawings(""))
def test_a_drawing_reaches_nothing(kind, secret):
    """Neither is it accepted, nor would it reach anything if it were frozen all the same."""
    for place in (secret.as_uri(), str(secret), *PLACES):
        svg = drawings(place)[kind]
        with pytest.raises((NoDrawing, UnsafeDrawing)):
            check_drawing(svg.encode())
        with pytest.raises(ValidationError):
            signature_uri(svg.encode())
        organisation = replace(payload().organisation, logo_svg=svg)
        signatories = [Signatory("A", "", data_uri(svg)), Signatory("B", "", place)]
        case = payload(organisation=organisation, signatories=signatories)
        assert reached(case, secret) == []


@pytest.mark.parametrize(
    "inside",
    [
        '<mask id="a"><rect width="9" height="9" mask="url(#a)"/></mask>',
        '<marker id="a"><g style="marker-end: url(#b)"/></marker>'
        "<pattern id='b'><path d='M0 0' marker-end='url( \"#a\" )'/></pattern>",
    ],
)
def test_parts_that_need_each_other_in_a_circle_are_refused(inside):
    with pytest.raises(UnsafeDrawing):
        check_drawing(drawing(inside).encode())


def test_what_drawing_programs_write_is_accepted():
    inside = (
        '<g id="Ebene_1" clip-path="url(#c)"><clipPath id="c"><path d="M0 0h9v9z"/></clipPath>'
        '<linearGradient id="g"><stop offset="1"/></linearGradient>'
        '<rect id="r" width="9" height="9" fill="url(#g)"/></g>'
    )
    check_drawing(drawing(inside).encode())


def test_letters_in_an_emblem_would_take_a_font_of_the_machine():
    for inside in ('<text y="5">Rat</text>', '<style>@font-face{src:local("Arial")}</style>'):
        check_drawing(drawing(inside).encode())
        with pytest.raises(HasLetters):
            check_drawing(drawing(inside).encode(), may_have_letters=False)
        with pytest.raises(ValidationError, match="Buchstaben"):
            signature_uri(drawing(inside).encode())


@pytest.mark.parametrize(
    "inside",
    [
        '<g id="a"><use href="#a"/></g>',
        "<g>" * 5000 + "</g>" * 5000,
        '<mask id="m"><rect width="1" height="1" mask="url(#m)"/></mask>'
        '<rect width="9" height="9" mask="url(#m)"/>',
        '<path d="M0 0L9 9" stroke="#000" stroke-dasharray="0.0000001"/>',
        '<pattern id="p" width="0.00001" height="0.00001"><rect width="1" height="1"/></pattern>'
        '<rect width="9" height="9" fill="url(#p)"/>',
    ],
    ids=["itself", "depth", "mask", "dashes", "pattern"],
)
def test_a_drawing_without_an_end_takes_nobody_along(inside):
    """Either it is drawn, or the operators read why there is no file."""
    organisation = replace(payload().organisation, logo_svg=drawing(inside))
    made = make_pdf(payload(organisation=organisation).to_json(), "classic")
    assert bool(made.content) != bool(made.problem)


def texts(mark) -> Payload:
    """A payload each text of which ``mark`` makes of its own name."""
    plain = {field.name for field in fields(Payload)} & {
        "person_name", "statement", "note", "title", "legal_text", "responsible_body", "number",
        "replaces",
    }  # fmt: skip
    return payload(
        **{name: mark(name) for name in plain},
        organisation=IssuingOrganisation(mark("authority"), mark("department"), "", mark("place")),
        course=Course(
            mark("course"), "k", mark("level"), [mark("goal")], 60, 2, "2026-11-03", "ab" * 32, "de"
        ),
        activities=[replace(activity(1), title=mark("module"), source_note=mark("how"))],
        signatories=[Signatory(mark("signatory"), mark("role"))],
    )


@pytest.mark.parametrize(
    "words",
    [
        "<b>{}</b><img src=SECRET><link rel=attachment href=SECRET>",
        '"><script src="SECRET">{}</script><style>@import url(SECRET)</style>',
        "</p></body>{}<svg><image href='SECRET'/></svg>",
        "{{{{ {} }}}} {{% include 'SECRET' %}} &lt;{}&gt; url(SECRET)",
        "]]>{}<!--<object data=SECRET>--> <a href=SECRET>",
        "SECRET {} https://example.org/?a=1&b=2",
    ],
)
def test_every_text_is_printed_as_it_was_written(words, secret):
    def mark(name: str) -> str:
        return words.replace("SECRET", secret.as_uri()[:40]).format(name, name)

    case = texts(mark)
    assert reached(case, secret) == []
    printed = _letters(" ".join(pages_of(render(case, ClassicDesign()).content)))
    written = [case.person_name, case.statement, case.note, case.title, case.legal_text]
    written += [case.responsible_body, case.number, case.replaces, case.organisation.name]
    written += [case.organisation.department, case.organisation.address, case.course.title]
    written += [case.course.level, case.course.objectives[0], case.activities[0].title]
    written += [case.activities[0].source_note, case.signatories[0].name, case.signatories[0].role]
    assert [text for text in written if _letters(text) not in printed] == []


def test_a_placeholder_in_a_value_stays_text():
    case = payload(person_name="{course} {number}", as_written={"statement": "Für {name}."})
    assert filled(case).statement == "Für {course} {number}."


def _letters(text: str) -> str:
    """Without what breaking lines adds: blanks and hyphens."""
    return re.sub(r"[\s-]", "", text)
