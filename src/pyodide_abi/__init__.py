"""The Pyodide platform ABI, executable."""

__version__ = "0.1.0"
