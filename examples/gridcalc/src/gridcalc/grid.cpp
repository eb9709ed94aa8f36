#include "grid.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>

namespace gridcalc {

namespace {

bool is_formula(const std::string &content) { return content.size() > 1 && content[0] == '='; }

bool as_number(const std::string &text, double &number)
{
    const char *start = text.c_str();
    char *end = nullptr;
    number = std::strtod(start, &end);
    while (*end == ' ')
        end++;
    return end != start && *end == '\0';
}

std::string as_text(double number)
{
    char buffer[32];
    // 15 digits are what every decimal number survives (DBL_DIG).
    std::snprintf(buffer, sizeof buffer, "%.15g", number);
    return buffer;
}

std::string describe(const std::vector<Place> &cycle)
{
    std::string text;
    for (const Place &place : cycle)
        text += (text.empty() ? "" : " -> ") + name_of(place);
    return text;
}

std::set<Place> references(Place place, const std::string &content)
{
    std::set<Place> found;
    formula_error error;
    auto visit = [](void *context, formula_cell cell) {
        static_cast<std::set<Place> *>(context)->emplace(cell.row, cell.column);
        return 0;
    };
    if (formula_references(content.c_str() + 1, visit, &found, &error) != FORMULA_OK)
        throw FormulaFault(place, error);
    return found;
}

} // namespace

std::string name_of(Place place)
{
    char buffer[32];
    formula_format_cell({place.first, place.second}, buffer);
    return buffer;
}

Place place_of(const std::string &name)
{
    formula_cell cell;
    if (name.empty() || formula_parse_cell(name.c_str(), &cell) != name.size())
        throw std::invalid_argument("'" + name + "' names no cell");
    return {cell.row, cell.column};
}

CycleError::CycleError(const std::vector<Place> &cycle) : std::runtime_error(describe(cycle)) {}

FormulaFault::FormulaFault(Place place, const formula_error &error)
    : std::runtime_error(name_of(place) + ": " + error.message), position(error.position)
{
}

CsvError::CsvError(int line, const std::string &what)
    : std::runtime_error("line " + std::to_string(line) + ": " + what)
{
}

void Sheet::set(Place place, const std::string &content)
{
    std::set<Place> needs;
    if (is_formula(content)) {
        needs = references(place, content);
        check_cycle(place, needs);
    }
    if (content.empty())
        cells_.erase(place);
    else
        cells_[place] = Cell{content, std::move(needs), {}, false};
    invalidate(place);
}

Value Sheet::get(Place place)
{
    auto found = cells_.find(place);
    if (found == cells_.end())
        return {};
    Cell &cell = found->second;
    if (!cell.fresh) {
        double number = 0;
        if (is_formula(cell.content))
            cell.value = calculate(place, cell);
        else if (as_number(cell.content, number))
            cell.value = number;
        else
            cell.value = cell.content;
        cell.fresh = true;
    }
    return cell.value;
}

std::string Sheet::content(Place place) const
{
    auto found = cells_.find(place);
    return found == cells_.end() ? std::string() : found->second.content;
}

std::vector<Place> Sheet::places() const
{
    std::vector<Place> all;
    for (const auto &entry : cells_)
        all.push_back(entry.first);
    return all;
}

double Sheet::number(Place place, bool &found)
{
    Value value = get(place);
    const double *number = std::get_if<double>(&value);
    found = number != nullptr; // Text and empty cells do not count, as in every spreadsheet.
    return number ? *number : 0;
}

double Sheet::calculate(Place place, Cell &cell)
{
    // A C++ exception may not cross the C library: the callback keeps it, and it goes on below.
    struct Context {
        Sheet *sheet;
        std::exception_ptr thrown;
    } context{this, nullptr};
    auto lookup = [](void *opaque, formula_cell wanted, double *value) {
        auto *context = static_cast<Context *>(opaque);
        try {
            bool found = false;
            *value = context->sheet->number({wanted.row, wanted.column}, found);
            return found ? 1 : 0;
        } catch (...) {
            context->thrown = std::current_exception();
            return -1;
        }
    };
    double result = 0;
    formula_error error;
    formula_status status = formula_evaluate(cell.content.c_str() + 1, lookup, &context, &result, &error);
    if (context.thrown)
        std::rethrow_exception(context.thrown);
    if (status != FORMULA_OK)
        throw FormulaFault(place, error);
    return result;
}

void Sheet::check_cycle(Place start, const std::set<Place> &needs) const
{
    std::vector<Place> path{start};
    std::set<Place> done;
    std::function<void(const std::set<Place> &)> follow = [&](const std::set<Place> &next) {
        for (const Place &place : next) {
            path.push_back(place);
            if (place == start)
                throw CycleError(path); // Out of every level of the search at once.
            auto found = cells_.find(place);
            if (found != cells_.end() && done.insert(place).second)
                follow(found->second.needs);
            path.pop_back();
        }
    };
    follow(needs);
}

void Sheet::invalidate(Place place)
{
    for (auto &[other, cell] : cells_) {
        if (cell.fresh && cell.needs.count(place)) {
            cell.fresh = false;
            invalidate(other);
        }
    }
}

void Sheet::read_csv(const std::string &text)
{
    std::vector<std::pair<Place, std::string>> read;
    std::string field;
    int row = 0, column = 0, line = 1;
    bool quoted = false, was_quoted = false;
    auto end_field = [&] {
        read.emplace_back(Place{row, column++}, std::move(field));
        field.clear();
        was_quoted = false;
    };
    for (std::size_t i = 0; i < text.size(); i++) {
        char c = text[i];
        line += c == '\n';
        if (quoted) {
            if (c != '"')
                field += c;
            else if (i + 1 < text.size() && text[i + 1] == '"')
                field += text[i++];
            else
                quoted = false;
        } else if (c == '"') {
            if (!field.empty() || was_quoted)
                throw CsvError(line, "a quote inside a field");
            quoted = was_quoted = true;
        } else if (c == ',') {
            end_field();
        } else if (c == '\n') {
            end_field();
            row++;
            column = 0;
        } else if (c != '\r') {
            if (was_quoted)
                throw CsvError(line, "text after a closing quote");
            field += c;
        }
    }
    if (quoted)
        throw CsvError(line, "a quote is not closed");
    if (!field.empty() || was_quoted || column > 0)
        end_field();
    for (const auto &[place, content] : read)
        set(place, content);
}

std::string Sheet::write_csv()
{
    int rows = 0, columns = 0;
    for (const auto &entry : cells_) {
        rows = std::max(rows, entry.first.first + 1);
        columns = std::max(columns, entry.first.second + 1);
    }
    std::string table;
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
            Value value = get({row, column});
            if (column)
                table += ',';
            if (const double *number = std::get_if<double>(&value)) {
                table += as_text(*number);
            } else if (const std::string *text = std::get_if<std::string>(&value)) {
                if (text->find_first_of(",\"\r\n") == std::string::npos) {
                    table += *text;
                    continue;
                }
                table += '"';
                for (char c : *text)
                    table += c == '"' ? std::string("\"\"") : std::string(1, c);
                table += '"';
            }
        }
        table += '\n';
    }
    return table;
}

} // namespace gridcalc
