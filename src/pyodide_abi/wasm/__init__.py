"""Bytes to objects and back: the WebAssembly reader and writer. It reads and keeps; it never judges."""
