"""``python -m pyodide_abi``."""

from pyodide_abi.cli.main import entry_point

if __name__ == "__main__":
    entry_point()
