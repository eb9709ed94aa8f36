#include <stdexcept>
#include <string>

extern "C" int mixed_half(int number) {
    try {
        if (number % 2) throw std::invalid_argument(std::to_string(number));
        return number / 2;
    } catch (const std::exception &error) {
        return -static_cast<int>(std::string(error.what()).size());
    }
}
