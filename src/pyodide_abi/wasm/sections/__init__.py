"""One file a section: decode and encode side by side."""
