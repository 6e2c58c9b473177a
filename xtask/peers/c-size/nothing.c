// Runs nothing: what the other programs are compared with.
#include "read.h"

int main(int argc, char **argv) { return read_file(argc, argv) ? atoi(argv[2]) : 101; }
