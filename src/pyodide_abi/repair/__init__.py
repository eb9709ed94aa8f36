"""Mending what bytes can mend: modules by hand (``patch``), whole wheels by plan (``mend``)."""
