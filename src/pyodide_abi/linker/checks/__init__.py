"""What the engine and the loader check, one stage a file."""
