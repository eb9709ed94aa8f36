"""What commands write, held against the published schemas."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from pyodide_abi.report.envelope import schema


def check(data: object, command: str, part: str = "") -> None:
    """Hold what a command wrote against its schema.

    Args:
        data: The text, loaded.
        command: The command's name.
        part: A definition of the schema that is meant, where it is not the whole.
    """
    whole = schema(command)
    rule = {"$defs": whole["$defs"], "$ref": f"#/$defs/{part}"} if part else whole
    Draft202012Validator(rule).validate(data)
