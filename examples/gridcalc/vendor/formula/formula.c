/* SPDX-License-Identifier: MIT */
#include "formula.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 200, MAX_NAME = 16, MAX_ROW = 1048576, MAX_COLUMN = 16384 };

typedef int (*visitor)(void *context, formula_cell cell);

typedef struct {
    const char *start;
    const char *at;
    formula_lookup lookup; /* NULL while references are collected: functions are not applied then */
    visitor visit;
    void *context;
    int depth;
    formula_error *error;
    jmp_buf failed;
} parser;

/* A function sees its arguments one by one, cells of a range included. */
typedef struct {
    int count;
    double values[3]; /* the first three, for functions that take a fixed number */
    double sum, product, least, greatest;
} aggregate;

static double formula(parser *p);

static _Noreturn void fail(parser *p, formula_status status, const char *format, ...)
{
    va_list words;
    p->error->status = status;
    p->error->position = (size_t)(p->at - p->start);
    va_start(words, format);
    vsnprintf(p->error->message, sizeof p->error->message, format, words);
    va_end(words);
    longjmp(p->failed, 1);
}

static void skip_spaces(parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

static int accept(parser *p, char c)
{
    skip_spaces(p);
    if (*p->at != c)
        return 0;
    p->at++;
    return 1;
}

static void expect(parser *p, char c)
{
    if (accept(p, c))
        return;
    if (*p->at)
        fail(p, FORMULA_SYNTAX, "expected '%c', not '%c'", c, *p->at);
    fail(p, FORMULA_SYNTAX, "expected '%c' before the end", c);
}

size_t formula_parse_cell(const char *text, formula_cell *cell)
{
    const char *at = text;
    long column = 0, row = 0;
    while (isalpha((unsigned char)*at) && column <= MAX_COLUMN)
        column = column * 26 + (toupper((unsigned char)*at++) - 'A' + 1);
    if (at == text || !isdigit((unsigned char)*at) || *at == '0')
        return 0;
    while (isdigit((unsigned char)*at) && row <= MAX_ROW)
        row = row * 10 + (*at++ - '0');
    if (column > MAX_COLUMN || row > MAX_ROW || isalnum((unsigned char)*at))
        return 0;
    cell->row = (int)row - 1;
    cell->column = (int)column - 1;
    return (size_t)(at - text);
}

void formula_format_cell(formula_cell cell, char *buffer)
{
    char letters[16];
    int count = 0, column = cell.column + 1;
    while (column > 0 && count < (int)sizeof letters) {
        letters[count++] = (char)('A' + (column - 1) % 26);
        column = (column - 1) / 26;
    }
    while (count > 0)
        *buffer++ = letters[--count];
    snprintf(buffer, 16, "%d", cell.row + 1);
}

/* 1 if the cell has a value. */
static int value_of(parser *p, formula_cell cell, double *value)
{
    int found;
    *value = 0;
    if (!p->lookup) {
        if (p->visit(p->context, cell) < 0)
            fail(p, FORMULA_CELL, "the cell cannot be visited");
        return 1;
    }
    found = p->lookup(p->context, cell, value);
    if (found < 0) {
        char name[32];
        formula_format_cell(cell, name);
        fail(p, FORMULA_CELL, "%s has no value", name);
    }
    return found;
}

static void add(aggregate *all, double value)
{
    if (all->count < 3)
        all->values[all->count] = value;
    all->least = all->count && all->least < value ? all->least : value;
    all->greatest = all->count && all->greatest > value ? all->greatest : value;
    all->sum += value;
    all->product *= value;
    all->count++;
}

static void add_range(parser *p, aggregate *all, formula_cell from, formula_cell to)
{
    formula_cell cell;
    double value;
    if (to.row < from.row || to.column < from.column)
        fail(p, FORMULA_SYNTAX, "a range begins at its upper left cell");
    for (cell.row = from.row; cell.row <= to.row; cell.row++)
        for (cell.column = from.column; cell.column <= to.column; cell.column++)
            if (value_of(p, cell, &value))
                add(all, value);
}

static void argument(parser *p, aggregate *all)
{
    formula_cell from, to;
    const char *before;
    size_t length;
    skip_spaces(p);
    before = p->at;
    length = formula_parse_cell(p->at, &from);
    p->at += length;
    if (length && accept(p, ':')) {
        skip_spaces(p);
        length = formula_parse_cell(p->at, &to);
        if (!length)
            fail(p, FORMULA_SYNTAX, "a range ends with a cell");
        p->at += length;
        add_range(p, all, from, to);
        return;
    }
    p->at = before;
    add(all, formula(p));
}

static void need(parser *p, const char *name, const aggregate *all, int least, int most)
{
    if (!p->lookup || (all->count >= least && all->count <= most))
        return;
    if (least == most)
        fail(p, FORMULA_ARGUMENT, "%s takes %d argument%s, not %d", name, least, least == 1 ? "" : "s", all->count);
    fail(p, FORMULA_ARGUMENT, "%s needs a value", name);
}

static double rounded(double value, double digits)
{
    double scale = pow(10, trunc(digits));
    return round(value * scale) / scale;
}

static double apply(parser *p, const char *name, const aggregate *all)
{
    enum { MANY = 1 << 30 };
    if (!strcmp(name, "SUM"))
        return all->sum;
    if (!strcmp(name, "COUNT"))
        return all->count;
    if (!strcmp(name, "PRODUCT"))
        return need(p, name, all, 1, MANY), all->product;
    if (!strcmp(name, "MIN"))
        return need(p, name, all, 1, MANY), all->least;
    if (!strcmp(name, "MAX"))
        return need(p, name, all, 1, MANY), all->greatest;
    if (!strcmp(name, "AVERAGE"))
        return need(p, name, all, 1, MANY), all->count ? all->sum / all->count : 0;
    if (!strcmp(name, "ABS"))
        return need(p, name, all, 1, 1), fabs(all->values[0]);
    if (!strcmp(name, "ROUND"))
        return need(p, name, all, 2, 2), rounded(all->values[0], all->values[1]);
    if (!strcmp(name, "IF"))
        return need(p, name, all, 3, 3), all->values[0] != 0 ? all->values[1] : all->values[2];
    if (!strcmp(name, "SQRT")) {
        need(p, name, all, 1, 1);
        if (all->values[0] < 0)
            fail(p, FORMULA_ARGUMENT, "SQRT of a negative number");
        return sqrt(all->values[0]);
    }
    fail(p, FORMULA_NAME, "there is no function %s", name);
}

static double call(parser *p)
{
    aggregate all = {0, {0, 0, 0}, 0, 1, 0, 0};
    char name[MAX_NAME + 1];
    const char *start = p->at, *end;
    size_t length = 0;
    double value;
    while (isalpha((unsigned char)*p->at)) {
        if (length == MAX_NAME)
            fail(p, FORMULA_NAME, "no function has so long a name");
        name[length++] = (char)toupper((unsigned char)*p->at++);
    }
    name[length] = '\0';
    expect(p, '(');
    if (!accept(p, ')')) {
        do
            argument(p, &all);
        while (accept(p, ','));
        expect(p, ')');
    }
    end = p->at;
    p->at = start; /* what is wrong with a call is wrong where it begins */
    value = apply(p, name, &all);
    p->at = end;
    return value;
}

static double primary(parser *p)
{
    formula_cell cell;
    size_t length;
    double value;
    char *end;
    if (accept(p, '(')) {
        value = formula(p);
        expect(p, ')');
        return value;
    }
    if (isdigit((unsigned char)*p->at) || *p->at == '.') {
        value = strtod(p->at, &end);
        if (end == p->at)
            fail(p, FORMULA_SYNTAX, "'%c' is no number", *p->at);
        p->at = end;
        return value;
    }
    length = formula_parse_cell(p->at, &cell);
    if (length) {
        value_of(p, cell, &value);
        p->at += length;
        return value;
    }
    if (isalpha((unsigned char)*p->at))
        return call(p);
    if (*p->at)
        fail(p, FORMULA_SYNTAX, "'%c' begins nothing", *p->at);
    fail(p, FORMULA_SYNTAX, "something is missing at the end");
}

static double postfix(parser *p)
{
    double value = primary(p);
    while (accept(p, '%'))
        value /= 100;
    return value;
}

static double unary(parser *p)
{
    int negative = 0;
    double value;
    for (;;) {
        if (accept(p, '-'))
            negative = !negative;
        else if (!accept(p, '+'))
            break;
    }
    value = postfix(p);
    return negative ? -value : value;
}

static double power(parser *p)
{
    double base = unary(p);
    return accept(p, '^') ? pow(base, power(p)) : base;
}

static double term(parser *p)
{
    double value = power(p), divisor;
    for (;;) {
        if (accept(p, '*'))
            value *= power(p);
        else if (accept(p, '/')) {
            const char *start = p->at;
            divisor = power(p);
            if (divisor == 0 && p->lookup) {
                p->at = start;
                fail(p, FORMULA_DIVISION, "division by zero");
            }
            value = divisor == 0 ? 0 : value / divisor;
        } else
            return value;
    }
}

static double sum(parser *p)
{
    double value = term(p);
    for (;;) {
        if (accept(p, '+'))
            value += term(p);
        else if (accept(p, '-'))
            value -= term(p);
        else
            return value;
    }
}

static double comparison(parser *p)
{
    double left = sum(p);
    if (accept(p, '='))
        return left == sum(p);
    if (accept(p, '<')) {
        if (accept(p, '>'))
            return left != sum(p);
        return accept(p, '=') ? left <= sum(p) : left < sum(p);
    }
    if (accept(p, '>'))
        return accept(p, '=') ? left >= sum(p) : left > sum(p);
    return left;
}

static double formula(parser *p)
{
    double value;
    if (++p->depth > MAX_DEPTH)
        fail(p, FORMULA_DEPTH, "nested more than %d deep", MAX_DEPTH);
    value = comparison(p);
    p->depth--;
    return value;
}

static formula_status run(parser *p, const char *text, double *result, formula_error *error)
{
    memset(error, 0, sizeof *error);
    p->start = p->at = text;
    p->depth = 0;
    p->error = error;
    if (setjmp(p->failed))
        return error->status;
    *result = formula(p);
    skip_spaces(p);
    if (*p->at)
        fail(p, FORMULA_SYNTAX, "'%c' does not belong here", *p->at);
    return FORMULA_OK;
}

formula_status formula_evaluate(
    const char *text, formula_lookup lookup, void *context, double *result, formula_error *error)
{
    parser p = {.lookup = lookup, .context = context};
    return run(&p, text, result, error);
}

formula_status formula_references(
    const char *text, int (*visit)(void *context, formula_cell cell), void *context, formula_error *error)
{
    parser p = {.visit = visit, .context = context};
    double ignored;
    return run(&p, text, &ignored, error);
}
