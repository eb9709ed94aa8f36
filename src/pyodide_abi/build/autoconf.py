"""What ``configure`` scripts read before they begin."""

from __future__ import annotations

#: Autoconf's site defaults (its manual, "Setting Site Defaults"). A user's own ``--host`` stands.
SITE = """\
test -n "$host_alias" || host_alias=wasm32-unknown-emscripten
test -n "$ac_cv_host" || ac_cv_host=$host_alias
cross_compiling=yes
ac_tool_warned=yes
# malloc(0) gives a pointer, as in every C library of today; unanswered, a replacement is compiled in.
ac_cv_func_malloc_0_nonnull=yes
ac_cv_func_realloc_0_nonnull=yes
"""
