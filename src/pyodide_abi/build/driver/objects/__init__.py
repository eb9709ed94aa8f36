"""What the drivers do with object files and modules, in links and in ``strip``: they import at leisure."""
