"""``docs/writing-a-plugin.md`` names every plug-in point with its arguments, each in backticks:

* a registry: a section whose heading holds the registry's name; the section holds the attribute
  that is the key, the parts of the contract and the keys that ship;
* a signal: a row of a table that begins with its name and holds its keyword arguments;
* a hook of our own: its name.
"""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.dispatch import Signal

from hub.registry import Registry

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "writing-a-plugin.md"
CODE = r"^[A-Za-z_][\w-]*"
OWN = ("hub", "courses", "certificates", "home")
SOURCES = {
    path: ast.parse(path.read_text())
    for package in OWN
    for path in sorted(Path(settings.BASE_DIR, package).rglob("*.py"))
    if not {"migrations", "settings", "demo"} & set(path.parts)
}


def plug_in_points(kind):
    """The instances of ``kind`` that a module of ours assigns to a name: name → instance."""
    found = {}
    for path, tree in SOURCES.items():
        dotted = ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts)
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
                for target in getattr(node, "targets", None) or [node.target]:
                    value = getattr(import_module(dotted), getattr(target, "id", ""), None)
                    if isinstance(value, kind):
                        found[target.id] = value
    return found


def calls():
    """Every call in our code."""
    return (
        node for tree in SOURCES.values() for node in ast.walk(tree) if isinstance(node, ast.Call)
    )


def signal_arguments(signal):
    """The keyword arguments with which our code sends ``signal``, directly or by ``partial``."""
    sent = set()
    for call in calls():
        if any(
            isinstance(node, ast.Attribute)
            and node.attr in ("send", "send_robust")
            and getattr(node.value, "id", None) == signal
            for node in (call.func, *call.args)
        ):
            sent |= {keyword.arg for keyword in call.keywords}
    return sent - {"sender"}


def own_hooks():
    """The hooks our code asks for (Wagtail's own are Wagtail's to document)."""
    return sorted(
        {
            call.args[0].value
            for call in calls()
            if getattr(call.func, "attr", "") == "get_hooks"
            and isinstance(call.args[0], ast.Constant)
        }
    )


def in_backticks(text):
    """The names that ``text`` sets in backticks, without the arguments behind them."""
    return {name for code in re.findall(r"`([^`]+)`", text) for name in re.findall(CODE, code)[:1]}


def document():
    """The text without its examples."""
    return re.sub(r"^```.*?^```", "", DOCUMENT.read_text(), flags=re.MULTILINE | re.DOTALL)


def text_about(heading):
    """The section whose heading holds ``heading`` in backticks."""
    sections = re.split(r"^#+ ", document(), flags=re.MULTILINE)
    found = [text for text in sections if f"`{heading}`" in text.partition("\n")[0]]
    assert found, f"{DOCUMENT.name} has no heading with `{heading}`"
    return found[0]


REGISTRIES = plug_in_points(Registry)
SIGNALS = plug_in_points(Signal)


def test_the_search_finds_the_points():
    assert {"questions", "designs", "exporters"} <= set(REGISTRIES)
    assert "course_completed" in SIGNALS
    assert signal_arguments("course_completed") == {"enrolment"}


@pytest.mark.parametrize("name", REGISTRIES)
def test_registry_is_documented(name):
    registry = REGISTRIES[name]
    shipped = {key for key, cls in registry.items() if cls.__module__.partition(".")[0] in OWN}
    wanted = {registry.key_attribute, *registry.contract, *shipped}
    assert shipped
    assert wanted <= in_backticks(text_about(registry.name))


@pytest.mark.parametrize("name", SIGNALS)
def test_signal_is_documented(name):
    rows = [row for row in document().split("\n") if row.startswith(f"| `{name}` |")]
    assert rows, f"{DOCUMENT.name} has no row for `{name}`"
    assert signal_arguments(name) <= in_backticks(rows[0])


@pytest.mark.parametrize("name", own_hooks())
def test_hook_is_documented(name):
    assert name in in_backticks(document())
