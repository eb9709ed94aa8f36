#include <sstream>
#include <string>
#include <unordered_map>
#include "python.h"

static long count(long number)
{
    std::unordered_map<std::string, long> table;
    std::ostringstream text;
    text << number;
    table[text.str()] = number;
    return static_cast<long>(table.size());
}

FUNCTION(get, count(7))
MODULE(m, METHOD(get))
