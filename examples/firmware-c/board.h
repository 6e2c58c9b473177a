// What the programs need of the board: a console and an exit, both through semihosting, and a measure of the native
// stack. QEMU's board is `mps2-an386`.
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

void board_print(const char *text, size_t bytes);
// Prints a text that ends with a zero.
void board_text(const char *text);
void board_decimal(uint32_t number);
// Prints 16 digits.
void board_hex(uint64_t number);
_Noreturn void board_exit(int ok);

// Returns the most bytes of native stack that were in use since the start.
size_t board_stack(void);

// The program. Returns whether all went well.
int run(void);

#endif
