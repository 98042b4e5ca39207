// true: ends with status 0, whatever its operands are.
int main(void) { return 0; }
