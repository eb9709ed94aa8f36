"""What integration tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made_drivers import make_kit

if TYPE_CHECKING:
    from made_drivers import Kit


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """The compiler drivers for 314_0."""
    return make_kit("314_0", tmp_path_factory.mktemp("kit"))
