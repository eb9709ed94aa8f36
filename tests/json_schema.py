"""As much of JSON Schema as the published schemas use."""

from __future__ import annotations

import re
from typing import Any


def check(value: Any, rule: dict[str, Any], root: dict[str, Any]) -> None:
    """As much of JSON Schema as the published one uses."""
    if "$ref" in rule:
        check(value, root["$defs"][rule["$ref"].removeprefix("#/$defs/")], root)
    if "oneOf" in rule:
        assert sum(fits(value, choice, root) for choice in rule["oneOf"]) == 1
    if "enum" in rule:
        assert value in rule["enum"]
    if "type" in rule:
        types: dict[str, type] = {
            "string": str,
            "null": type(None),
            "object": dict,
            "array": list,
            "integer": int,
            "boolean": bool,
        }
        names = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
        assert isinstance(value, tuple(types[name] for name in names))
    if "pattern" in rule:
        assert re.search(rule["pattern"], value)
    if isinstance(value, dict):
        known = rule.get("properties", {})
        assert set(rule.get("required", [])) <= set(value)
        for key, item in value.items():
            other = rule.get("additionalProperties", {})
            assert key in known or other is not False
            check(item, known.get(key, {} if other is True else other), root)
    if isinstance(value, list):
        assert len(value) >= rule.get("minItems", 0)
        for item in value:
            check(item, rule.get("items", {}), root)


def fits(value: Any, rule: dict[str, Any], root: dict[str, Any]) -> bool:
    try:
        check(value, rule, root)
    except AssertionError:
        return False
    return True
