from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.linux.namespaces import Cable, Namespace, Opened


@pytest.fixture
def cable() -> Iterator[Cable]:
    with Namespace("l") as left, Namespace("r") as right:
        made = Cable(left, right)
        made.connect()
        yield made


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    with Namespace("n") as made:
        yield made


@pytest.fixture
def opened() -> Iterator[Opened]:
    with ExitStack() as stack:
        yield Opened(stack)
