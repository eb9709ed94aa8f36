"""The fast path: facts of large libraries without the names that are their own business."""
