"""Results as text and as data. Results never render themselves."""
