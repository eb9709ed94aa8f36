int counter = 4;

int more(int number) { return counter += number; }
