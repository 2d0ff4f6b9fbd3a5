"""The demo content, whole and small."""

import pytest

from hub.demo.plan import picture_files, plan

from .small import copy_small


@pytest.fixture
def pictures():
    """Stand-ins for the primary keys of the drawings."""
    return {path.name: number for number, path in enumerate(picture_files(), start=1)}


@pytest.fixture
def planned(pictures):
    """The whole page tree as values, from the content files as they are."""
    return plan(pictures)


@pytest.fixture(scope="session")
def small_content(tmp_path_factory):
    return copy_small(tmp_path_factory.mktemp("demo") / "content")
