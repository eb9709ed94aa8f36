"""Archive to objects and back: file names, tags, members, RECORD."""
