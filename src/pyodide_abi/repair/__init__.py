"""Mending what bytes can mend: a module by hand (``patch``), whole wheels by plan (``repair_wheel``)."""
