"""What a spreadsheet has to do. Runs anywhere: python -m unittest discover -s tests."""

import unittest

from gridcalc import CycleError, FormulaError, Sheet, evaluate, references


class Formulas(unittest.TestCase):
    def test_precedence(self) -> None:
        self.assertEqual(evaluate("1+2*3"), 7)
        self.assertEqual(evaluate("(1+2)*3"), 9)
        self.assertEqual(evaluate("2^3^2"), 512)
        self.assertEqual(evaluate("-3--4"), 1)
        self.assertEqual(evaluate("50%*8"), 4)

    def test_comparisons_are_one_or_zero(self) -> None:
        self.assertEqual(evaluate("2 >= 1"), 1)
        self.assertEqual(evaluate("2 <> 2"), 0)
        self.assertEqual(evaluate("IF(1<2, 10, 20)"), 10)

    def test_cells_and_ranges(self) -> None:
        cells = {"A1": 1, "A2": 2.5, "B2": 4}
        self.assertEqual(evaluate("=A1+A2*B2", cells), 11)
        self.assertEqual(evaluate("SUM(A1:B2)", cells), 7.5)
        self.assertEqual(evaluate("COUNT(A1:C9)", cells), 3)
        self.assertEqual(evaluate("AVERAGE(A1:A2, 8.5)", cells), 4)
        self.assertEqual(evaluate("MAX(A1:B2) - MIN(A1:B2)", cells), 3)

    def test_functions(self) -> None:
        self.assertEqual(evaluate("ROUND(2.345, 1)"), 2.3)
        self.assertEqual(evaluate("ABS(-3) + SQRT(16)"), 7)
        self.assertEqual(evaluate("product(2,3,4)"), 24)

    def test_references(self) -> None:
        self.assertEqual(references("=A1*SUM(B1:C2)/aa10"), ["A1", "B1", "C1", "B2", "C2", "AA10"])

    def assert_error(self, text: str, message: str, position: int) -> None:
        with self.assertRaises(FormulaError) as caught:
            evaluate(text)
        self.assertIsInstance(caught.exception, ValueError)
        self.assertEqual(caught.exception.args, (message, position))

    def test_errors_say_what_and_where(self) -> None:
        self.assert_error("1+", "something is missing at the end", 2)
        self.assert_error("(1+2", "expected ')' before the end", 4)
        self.assert_error("2*NOPE(1)", "there is no function NOPE", 2)
        self.assert_error("1/(2-2)", "division by zero", 2)
        self.assert_error("1 2", "'2' does not belong here", 2)
        self.assert_error("SUM(B1:A1)", "a range begins at its upper left cell", 9)
        self.assert_error("ROUND(1)", "ROUND takes 2 arguments, not 1", 0)
        self.assert_error("SQRT(-1)", "SQRT of a negative number", 0)

    def test_an_error_deep_inside_leaves_every_level(self) -> None:
        # Each leaves 100 levels of the parser at once, through longjmp.
        for _ in range(1000):
            with self.assertRaises(FormulaError):
                evaluate("(" * 100 + "1/0" + ")" * 100)
        self.assertEqual(evaluate("(" * 100 + "7" + ")" * 100), 7)

    def test_depth_is_bounded(self) -> None:
        with self.assertRaisesRegex(FormulaError, "nested more than 200 deep"):
            evaluate("(" * 5000)

    def test_errors_of_the_mapping_pass_through(self) -> None:
        class Broken(dict[str, float]):
            def __missing__(self, key: str) -> float:
                raise RuntimeError(f"no {key} today")

        with self.assertRaisesRegex(RuntimeError, "no B2 today"):
            evaluate("1+B2", Broken())


class Sheets(unittest.TestCase):
    def test_recalculates(self) -> None:
        sheet = Sheet()
        sheet["A1"] = 2
        sheet["A2"] = "=A1*10"
        sheet["A3"] = "=A2+1"
        self.assertEqual(sheet["A3"], 21)
        sheet["A1"] = 3
        self.assertEqual(sheet["A3"], 31)
        del sheet["A1"]
        self.assertEqual(sheet["A3"], 1)

    def test_kinds_of_values(self) -> None:
        sheet = Sheet()
        sheet["B7"] = "pears"
        sheet["C7"] = "12.5"
        self.assertEqual((sheet["A7"], sheet["B7"], sheet["C7"]), (None, "pears", 12.5))
        self.assertEqual(sheet.cells(), ["B7", "C7"])
        self.assertEqual(sheet.content("C7"), "12.5")

    def test_cycles_are_refused_and_change_nothing(self) -> None:
        sheet = Sheet()
        sheet["A1"] = "=B1"
        sheet["B1"] = "=C1+1"
        with self.assertRaises(CycleError) as caught:
            sheet["C1"] = "=SUM(A1:A2)"
        self.assertEqual(str(caught.exception), "C1 -> A1 -> B1 -> C1")
        sheet["C1"] = 5
        self.assertEqual(sheet["A1"], 6)

    def test_a_fault_in_a_needed_cell_reaches_the_one_that_asks(self) -> None:
        sheet = Sheet()
        sheet["A1"] = 0
        sheet["A2"] = "=1/A1"
        sheet["A3"] = "=A2+A2"
        with self.assertRaises(FormulaError) as caught:
            sheet["A3"]
        self.assertEqual(caught.exception.args, ("A2: division by zero", 2))
        sheet["A1"] = 4
        self.assertEqual(sheet["A3"], 0.5)

    def test_bad_formulas_and_names(self) -> None:
        sheet = Sheet()
        with self.assertRaisesRegex(FormulaError, "A1: 'x' does not belong here|there is no function"):
            sheet["A1"] = "=2*x()"
            sheet["A1"]
        with self.assertRaises(KeyError):
            sheet["1A"]
        with self.assertRaises(TypeError):
            sheet[1]

    def test_csv(self) -> None:
        text = 'Item,Price\n"Pears, ripe",1.5\n"a ""b""",=B2*2\n'
        sheet = Sheet.from_csv(text)
        self.assertEqual(sheet["A2"], "Pears, ripe")
        self.assertEqual(sheet.to_csv(), 'Item,Price\n"Pears, ripe",1.5\n"a ""b""",3\n')

    def test_csv_errors(self) -> None:
        with self.assertRaisesRegex(ValueError, "line 2: a quote is not closed"):
            Sheet.from_csv('a,b\n"c')
        with self.assertRaisesRegex(ValueError, "line 1: text after a closing quote"):
            Sheet.from_csv('"a"b')

    def test_subclass_and_many_sheets(self) -> None:
        class Named(Sheet):
            pass

        sheets = [Named() for _ in range(200)]
        for number, sheet in enumerate(sheets):
            sheet["A1"] = number
            sheet["A2"] = "=A1^2"
        self.assertEqual(sum(sheet["A2"] for sheet in sheets), sum(n * n for n in range(200)))


if __name__ == "__main__":
    unittest.main()
