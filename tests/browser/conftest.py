"""One demo hub on gunicorn for all journeys, in a folder of its own, and a browser to walk it."""

from __future__ import annotations

import html
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CONTENT = ROOT / "hub" / "demo" / "content"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "kreis-coesfeld-lernt"


class Hub:
    """The running demo hub."""

    def __init__(self, address: str) -> None:
        self.address = address

    def url(self, path: str) -> str:
        return self.address + path


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Load the demo hub into a new folder and serve it as ``make demo`` does."""
    folder = tmp_path_factory.mktemp("hub")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "hub.settings.demo",
        "SECRET_KEY": "browser-tests",
        "DATABASE_URL": f"sqlite:///{folder / 'hub.sqlite3'}",
        "MEDIA_ROOT": str(folder / "media"),
        "PRIVATE_ROOT": str(folder / "private"),
        "CACHE_ROOT": str(folder / "cache"),
        "BASE_URL": address,
    }
    for command in (["migrate"], ["collectstatic", "--noinput"], ["load_demo"]):
        subprocess.run(
            [sys.executable, "manage.py", *command, "--verbosity", "0"],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    for course in ("every_type", "corrected_course"):
        subprocess.run(
            [sys.executable, "-m", f"tests.browser.{course}"], cwd=ROOT, env=environment, check=True
        )
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "hub.wsgi:application", "--workers", "2"),
            *("--bind", f"127.0.0.1:{port}", "--log-level", "warning"),
            *("--worker-tmp-dir", str(folder)),
        ],
        cwd=ROOT,
        env=environment,
    )
    try:
        wait_for(address)
        yield Hub(address)
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(address: str) -> None:
    for _attempt in range(120):
        try:
            with urlopen(f"{address}/de/einloggen/", timeout=10):  # noqa: S310
                return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"{address} does not answer.")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "Debian's chromium is not installed."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, hub: Hub) -> Iterator[BrowserContext]:
    """A fresh browser profile with German settings."""
    context = chromium.new_context(locale="de-DE", base_url=hub.address)
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext) -> Page:
    """A page that fails the test on script errors and on what the policy blocks."""
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            page.complaints.append(message.text)
            if "Content Security Policy" in message.text
            else None
        ),
    )
    return page


def sign_in(page: Page, username: str) -> None:
    page.goto("/de/einloggen/")
    page.get_by_label("Benutzername").fill(username)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Einloggen").click()
    page.wait_for_load_state()


#: What is still fading in has hardly any contrast.
SETTLED = """async () => {
  const ending = document.getAnimations().filter(
    (animation) => animation.effect.getComputedTiming().endTime !== Infinity,
  );
  await Promise.allSettled(ending.map((animation) => animation.finished));
}"""
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def axe(page: Page, *tags: str, within: str = "html") -> list[str]:
    """What axe-core finds on the page, in one line each; ``tags`` choose the rules.

    ``within`` is the part of the page to look at: an editor is Wagtail's own but for our panels.
    """
    source = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
    page.evaluate(source)
    page.evaluate(SETTLED)
    found = page.evaluate(
        "([within, tags]) => axe.run(within, {runOnly: tags})", [within, list(tags or WCAG)]
    )
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def right_answers(course: str) -> dict[str, set[str]]:
    """The texts of the right options of every question of a course, by the question's text."""
    answers: dict[str, set[str]] = {}
    for path in sorted((CONTENT / course).glob("*.toml")):
        data = tomllib.loads(path.read_text())
        for question in [*data.get("questions", []), *data.get("quiz", {}).get("questions", [])]:
            if question["type"] == "true_false":
                right = {"Richtig" if question["is_true"] else "Falsch"}
            else:
                right = {o["text"] for o in question["options"] if o["is_correct"]}
            answers[plain(question["text"])] = right
    return answers


def plain(text: str) -> str:
    """A text without tags and with single blanks, to compare what is written with what is shown."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())
