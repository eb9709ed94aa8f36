"""What a library offers and needs, where its libraries are found, and what the loader makes of it."""
