"""Reading releases of the runtime: what no data file says of one, the release itself does."""
