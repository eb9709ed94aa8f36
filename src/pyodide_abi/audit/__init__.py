"""Judging a wheel or module by the rules. No process is started and nothing is written here."""
