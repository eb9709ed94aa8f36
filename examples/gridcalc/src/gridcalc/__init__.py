"""A spreadsheet's engine: formulas, dependencies, CSV."""

from gridcalc._formula import FormulaError, evaluate, references
from gridcalc._sheet import CycleError, Sheet

__all__ = ["CycleError", "FormulaError", "Sheet", "evaluate", "references"]
