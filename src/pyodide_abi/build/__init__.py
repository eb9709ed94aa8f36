"""Source to wheel: flags, compiler entry points, and the PEP 517 front end."""
