// false: ends with status 1, whatever its operands are.
int main(void) { return 1; }
