// A sheet of cells that recalculates itself: plain C++, without Python.
#pragma once

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "formula.h"

namespace gridcalc {

// Row and column, counted from 0. Ordered as one reads: row by row.
using Place = std::pair<int, int>;
// Nothing, a number, or text.
using Value = std::variant<std::monostate, double, std::string>;

std::string name_of(Place place);

// Throws std::invalid_argument for text that names no cell.
Place place_of(const std::string &name);

// Cells that need each other's values.
class CycleError : public std::runtime_error {
public:
    explicit CycleError(const std::vector<Place> &cycle);
};

// A formula that cannot be read, or has no value.
class FormulaFault : public std::runtime_error {
public:
    FormulaFault(Place place, const formula_error &error);
    std::size_t position;
};

// A table in CSV that cannot be read.
class CsvError : public std::runtime_error {
public:
    CsvError(int line, const std::string &what);
};

class Sheet {
public:
    // "=..." is a formula, what reads as a number is one, an empty text empties the cell. Throws FormulaFault
    // for a formula that cannot be read, and CycleError; the sheet is then as it was.
    void set(Place place, const std::string &content);

    // Throws FormulaFault where the formula, or one that it needs, has no value.
    Value get(Place place);

    // What was set.
    std::string content(Place place) const;

    // Cells that are not empty, row by row.
    std::vector<Place> places() const;

    // Adds the cells of a table (RFC 4180). Throws CsvError.
    void read_csv(const std::string &text);

    // The values, as a table.
    std::string write_csv();

private:
    struct Cell {
        std::string content;
        std::set<Place> needs;
        Value value;
        bool fresh = false;
    };

    double number(Place place, bool &found);
    double calculate(Place place, Cell &cell);
    void check_cycle(Place start, const std::set<Place> &needs) const;
    void invalidate(Place place);

    std::map<Place, Cell> cells_;
};

} // namespace gridcalc
