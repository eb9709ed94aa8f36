"""Where compilers, target headers and host interpreters come from."""
