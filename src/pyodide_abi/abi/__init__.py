"""What the two sides of the ABI call things: names, once for all parts."""
