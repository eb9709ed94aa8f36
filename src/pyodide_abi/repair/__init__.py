"""Mending what bytes can mend: modules by hand (:mod:`.patch`), whole wheels by plan."""
