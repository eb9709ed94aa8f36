"""The real runtimes: npm releases, Node, and the driver that runs Python in them."""
