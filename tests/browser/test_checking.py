"""Anyone who is shown a file learns in the browser whether it is the issued one."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import axe, sign_in

pytestmark = pytest.mark.browser

#: What a browser hands over when a file is dropped on a page.
DROP = """
async ([name, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name, {type: "application/pdf"}));
  const place = document.getElementById("datei-vergleichen");
  const dropped = {dataTransfer: files, bubbles: true, cancelable: true};
  for (const type of ["dragover", "drop"]) place.dispatchEvent(new DragEvent(type, dropped));
}
"""


@pytest.fixture
def issued(chromium, hub):
    """The file as the person downloads it, and the address that stands on it."""
    context = chromium.new_context(locale="de-DE", base_url=hub.address)
    tab = context.new_page()
    sign_in(tab, "jan.kowalczyk")
    tab.goto("/de/mein-lernen/")
    tab.get_by_role("link", name=re.compile("^(Zertifikat|Teilnahmebescheinigung)")).first.click()
    with tab.expect_download() as download:
        tab.get_by_role("link", name=re.compile("PDF")).first.click()
    content = download.value.path().read_bytes()
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", tab.locator("main").inner_text())[0]
    context.close()
    return content, f"/de/nachweis-pruefen/{code}/"


def choose(tab: Page, content: bytes) -> None:
    tab.get_by_label("PDF-Datei auswählen").set_input_files(
        {"name": "nachweis.pdf", "mimeType": "application/pdf", "buffer": content}
    )


def test_a_file_is_compared_where_it_is(tab: Page, issued):
    content, address = issued
    tab.set_viewport_size({"width": 320, "height": 800})
    tab.goto(address)
    sent = []
    tab.on("request", lambda request: sent.append(request.url))
    verdict = tab.locator("#datei-vergleichen [role=status]")
    choose(tab, content)
    expect(verdict).to_have_text(re.compile("Ja, das ist die ausgestellte Datei"))
    choose(tab, content + b"\n")
    expect(verdict).to_have_text(re.compile("Nein, das ist nicht die ausgestellte Datei"))
    tab.evaluate(DROP, ["nachweis.pdf", list(content)])
    expect(verdict).to_have_text(re.compile("Ja, das ist die ausgestellte Datei"))
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    tab.evaluate(DROP, ["nachweis.pdf", list(changed)])
    expect(verdict).to_have_text(re.compile("Nein, das ist nicht die ausgestellte Datei"))
    assert axe(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    assert [url for url in sent if "favicon" not in url] == []
    assert tab.complaints == []


def test_without_scripts_the_page_says_how_to_compare(chromium: Browser, hub, issued):
    _content, address = issued
    context = chromium.new_context(locale="de-DE", base_url=hub.address, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(address)
    expect(tab.get_by_label("PDF-Datei auswählen")).to_be_hidden()
    expect(tab.locator("#selbst-vergleichen")).to_contain_text("certutil -hashfile")
    expect(tab.locator("#selbst-vergleichen .hub-sum")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    context.close()
