"""The checker of the evidence pack, opened as a file: what is changed in a pack has a name."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from playwright.sync_api import BrowserContext, Page

from .conftest import ROOT, axe, sign_in

CHECKER = ROOT / "courses" / "evidence" / "pruefen.html"
#: Lengths around the blocks of SHA-256, and one of several pieces.
LENGTHS = (0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 1000, 300_000)


def small_pack(change: Callable[[dict[str, bytes]], None] = lambda files: None, **options) -> bytes:
    """A pack of three files whose contents were changed after its manifest was written."""
    files = {
        "LIESMICH.html": b"<p>Lies mich.</p>",
        "liste.csv": b"Nachname;Vorname\r\n" * 5000,
        "bilder/Grüße.svg": b"<svg/>",
    }
    entries = [
        {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in files.items()
    ]
    manifest = {
        "format": "ki-hub-evidence-pack/1",
        "authority": {"name": "Stadt <Coesfeld>"},
        "as_of": "2027-03-12",
        "made": {"at": "2027-03-12T10:00:00+01:00"},
        "files": entries,
    }
    files["manifest.json"] = json.dumps(manifest).encode()
    change(files)
    target = io.BytesIO()
    with ZipFile(target, "w", **options) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return target.getvalue()


@pytest.fixture
def checker(chromium) -> Page:
    """The checker at its file: URL; any request beside its own fails the test."""
    context = chromium.new_context(locale="de-DE")
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.goto(CHECKER.as_uri())
    page.on("request", lambda request: page.complaints.append(request.url))
    yield page
    assert page.complaints == []
    context.close()


def verdict(page: Page, content: bytes) -> str:
    page.set_input_files("#zip", [])
    page.set_input_files(
        "#zip", {"name": "paket.zip", "mimeType": "application/zip", "buffer": content}
    )
    page.locator("#result > .verdict:focus").wait_for()
    return page.inner_text("#result")


def test_its_own_sha256_is_that_of_everybody(checker):
    for length in LENGTHS:
        content = bytes(n * 7 % 251 for n in range(length))
        found = checker.evaluate(
            """([length, step]) => {
                const bytes = Uint8Array.from({length}, (_, n) => n * 7 % 251);
                const hash = new Sha256();
                for (let at = 0; at < length; at += step)
                    hash.update(bytes.subarray(at, at + step));
                return hash.hex();
            }""",
            [length, 37 if length < 2000 else 65_536],
        )
        assert found == hashlib.sha256(content).hexdigest(), length


@pytest.mark.parametrize("options", [{}, {"compression": ZIP_DEFLATED}], ids=["stored", "zipped"])
def test_an_untouched_pack_also_zipped_anew(checker, options):
    said = verdict(checker, small_pack(**options))
    assert "Alle 3 Dateien sind so, wie die Liste sie nennt." in said
    assert "Stadt <Coesfeld>, Stand am Ende des 12.03.2027" in said
    assert axe(checker) == []


def test_one_byte_names_the_file(checker):
    content = small_pack()
    at = content.index(b"Nachname;Vorname\r\n" * 40) + 100
    said = verdict(checker, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    assert "Das Paket wurde verändert: 1 Abweichung(en)" in said
    assert re.search(r"Geändert \(1\).*\n+liste\.csv", said)
    assert axe(checker) == []


def test_missing_added_and_renamed_files_are_named(checker):
    def change(files):
        files["fremd.html"] = b"neu"
        files["bilder/Gruss.svg"] = files.pop("bilder/Grüße.svg")

    said = verdict(checker, small_pack(change))
    assert re.search(r"Fehlt \(1\).*\n+bilder/Grüße\.svg", said)
    assert re.search(r"Dazugekommen \(2\)", said)
    assert "fremd.html" in said
    assert "bilder/Gruss.svg" in said


def test_another_name_inside_the_zip_is_found(checker):
    """Some programs unpack by the name before a file, others by the one in the directory."""
    content = small_pack().replace(b"liste.csv", b"luste.csv", 1)
    assert "liste.csv" in verdict(checker, content)
    assert "Geändert (1)" in checker.inner_text("#result")


def test_the_manifest_is_compared_with_the_letter(checker):
    content = small_pack()
    manifest = ZipFile(io.BytesIO(content)).read("manifest.json")
    assert hashlib.sha256(manifest).hexdigest() in verdict(checker, content)
    for typed, answer in (
        (hashlib.sha256(manifest).hexdigest().upper(), "stimmt mit der aus dem Anschreiben"),
        ("0" * 64, "Sie ist eine andere als die aus dem Anschreiben"),
    ):
        checker.fill("#expected", typed)
        checker.press("#expected", "Tab")
        checker.get_by_text(answer).wait_for()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"kein ZIP", "beschädigt oder unvollständig"),
        (b"", "beschädigt oder unvollständig"),
        (small_pack()[:-40], "beschädigt oder unvollständig"),
        (small_pack(lambda files: files.pop("manifest.json")), "manifest.json fehlt"),
        (small_pack(lambda files: files.update({"manifest.json": b"{}"})), "wurde geändert"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(checker, content, words):
    assert words in verdict(checker, content)


def test_the_folder_it_was_unpacked_to(checker, tmp_path):
    folder = tmp_path / "paket"
    folder.mkdir()
    ZipFile(io.BytesIO(small_pack())).extractall(folder)
    checker.set_input_files("#folder", str(folder))
    checker.get_by_text("Alle 3 Dateien sind so").wait_for()
    (folder / "LIESMICH.html").write_bytes(b"<p>Lies nicht.</p>")
    checker.set_input_files("#folder", str(folder))
    checker.get_by_text("Das Paket wurde verändert").wait_for()
    assert re.search(r"Geändert \(1\).*\n+LIESMICH\.html", checker.inner_text("#result"))


def test_hr_makes_a_pack_and_the_checker_in_it_accepts_it(
    context: BrowserContext, tab: Page, tmp_path
):
    sign_in(tab, "hr.coesfeld")
    tab.goto("/admin/nachweispaket/")
    assert axe(tab, "wcag2a", "wcag2aa") == []
    tab.get_by_label("Zweck").fill("Anfrage der Aufsicht")
    tab.get_by_role("button", name="Nachweispaket herstellen").click()
    with tab.expect_download() as download:
        tab.get_by_role("link", name=re.compile("Nachweispaket herunterladen")).click()
    path = tmp_path / "paket.zip"
    download.value.save_as(path)
    shown = tab.inner_text("main")
    with ZipFile(path) as archive:
        manifest = hashlib.sha256(archive.read("manifest.json")).hexdigest()
        archive.extractall(tmp_path / "paket")
    assert manifest in shown
    assert tab.complaints == []
    page = context.new_page()
    page.goto((tmp_path / "paket" / "pruefen.html").as_uri())
    page.set_input_files("#zip", path)
    page.get_by_text("sind so, wie die Liste sie nennt").wait_for()
    page.goto((tmp_path / "paket" / "LIESMICH.html").as_uri())
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "15mm")
    printed = page.pdf(format="A4", margin=margin)
    assert printed.count(b"/Type /Page\n") == 1, "the explanation stands on one page"
    for name in ("LIESMICH.html", "fassungen.html", "vorgaben.html", "rechtstexte.html"):
        page.goto((tmp_path / "paket" / name).as_uri())
        assert axe(page) == [], name
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_a_cited_version_on_a_phone(context: BrowserContext, tab: Page):
    sign_in(tab, "jan.kowalczyk")
    tab.set_viewport_size({"width": 320, "height": 640})
    tab.goto("/de/mein-lernen/")
    link = tab.locator("a[href*='/lernen/abschluss/'], a[href*='/nachweise/']").first
    tab.goto(link.get_attribute("href"))
    twin = tab.locator("a[href*='/nachweise/']:not([href*='/pdf/'])")
    if twin.count():
        tab.goto(twin.first.get_attribute("href"))
    addresses = {link.get_attribute("href") for link in tab.locator("a[href*='/fassungen/']").all()}
    assert len(addresses) > 2
    for address in addresses:
        tab.goto(address)
        assert axe(tab) == [], address
        assert tab.evaluate("document.documentElement.scrollWidth") <= 320, address
    assert tab.complaints == []
