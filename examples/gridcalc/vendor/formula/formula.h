/* formula: evaluate spreadsheet formulas.
 *
 * SPDX-License-Identifier: MIT
 * A small library of its own; see LICENSE beside this file.
 *
 *   formula  = sum [ ( "=" | "<>" | "<" | "<=" | ">" | ">=" ) sum ]
 *   sum      = term { ( "+" | "-" ) term }
 *   term     = power { ( "*" | "/" ) power }
 *   power    = unary [ "^" power ]
 *   unary    = { "+" | "-" } postfix
 *   postfix  = primary { "%" }
 *   primary  = number | cell | name "(" [ argument { "," argument } ] ")" | "(" formula ")"
 *   argument = cell ":" cell | formula
 *
 * The parser calls itself for every level of nesting. An error, wherever it is found, leaves all levels at once
 * with longjmp; nothing is allocated on the way, so nothing leaks.
 */
#ifndef FORMULA_H
#define FORMULA_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rows and columns count from 0: A1 is 0, 0. */
typedef struct {
    int row;
    int column;
} formula_cell;

typedef enum {
    FORMULA_OK = 0,
    FORMULA_SYNTAX,   /* not a formula */
    FORMULA_NAME,     /* no such function */
    FORMULA_ARGUMENT, /* a function got too few or too many arguments, or a value it cannot take */
    FORMULA_DIVISION, /* by zero */
    FORMULA_CELL,     /* the caller could not give a cell's value */
    FORMULA_DEPTH     /* nested too deeply */
} formula_status;

typedef struct {
    formula_status status;
    size_t position;   /* of the error, in bytes from the start of the text */
    char message[128]; /* empty if there is none */
} formula_error;

/* Gives the value of a cell: 1 with *value set, 0 if the cell is empty, -1 for an error of the caller's own. */
typedef int (*formula_lookup)(void *context, formula_cell cell, double *value);

/* Evaluates a formula without its leading "=". Returns FORMULA_OK and sets *result, or fills *error. */
formula_status formula_evaluate(
    const char *text, formula_lookup lookup, void *context, double *result, formula_error *error);

/* Calls visit for every cell that a formula mentions, each cell of a range included; -1 from visit ends it. */
formula_status formula_references(
    const char *text, int (*visit)(void *context, formula_cell cell), void *context, formula_error *error);

/* Reads a cell's name such as "AB12". Returns the number of bytes read; 0 if there is no name. */
size_t formula_parse_cell(const char *text, formula_cell *cell);

/* Writes a cell's name. The buffer needs 32 bytes. */
void formula_format_cell(formula_cell cell, char *buffer);

#ifdef __cplusplus
}
#endif

#endif
