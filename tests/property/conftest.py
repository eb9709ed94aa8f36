"""No deadline by default: on a busy machine an example's wall time says nothing about it."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("project", deadline=None)
settings.load_profile("project")
