"""The demo content, whole and small."""

import pytest

from hub.demo.content import read_bank
from hub.demo.plan import picture_files, plan

from .small import copy_small


@pytest.fixture
def pictures():
    """Stand-ins for the primary keys of the drawings."""
    return {path.name: number for number, path in enumerate(picture_files(), start=1)}


@pytest.fixture
def bank():
    """Stand-ins for the primary keys of the questions of the bank."""
    return {entry.question.key: n for n, entry in enumerate(read_bank().entries, start=1)}


@pytest.fixture
def planned(pictures, bank):
    """The whole page tree as values, from the content files as they are."""
    return plan(pictures, bank)


@pytest.fixture(scope="session")
def small_content(tmp_path_factory):
    return copy_small(tmp_path_factory.mktemp("demo") / "content")
