"""What the ABI promises: model, loading, names, tags, and the symbols of every release."""
