#include "board.h"

// Addresses from link.ld.
extern uint32_t stack_top[], data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_in_flash[];

enum { SYS_OPEN = 1, SYS_WRITE = 5, SYS_EXIT = 0x18, APPLICATION_EXIT = 0x20026, RUN_TIME_ERROR = 0x20023 };
// The stack is filled with this, as deep as DEPTH, to see how much of it was used.
enum { PATTERN = 0x57ac57ac, DEPTH = 2048, OWN = 128 };

static int console;

// Asks the debugger, here QEMU, for a service.
static int semihosting(int service, const void *argument) {
  register int r0 __asm__("r0") = service;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

void board_print(const char *text, size_t bytes) {
  const uintptr_t arguments[3] = {(uintptr_t)console, (uintptr_t)text, bytes};
  semihosting(SYS_WRITE, arguments);
}

void board_text(const char *text) {
  size_t bytes = 0;
  while (text[bytes]) bytes++;
  board_print(text, bytes);
}

void board_decimal(uint32_t number) {
  char digits[10];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number);
  board_print(digits + at, sizeof digits - at);
}

void board_hex(uint64_t number) {
  char digits[16];
  for (size_t at = 0; at < sizeof digits; at++) digits[at] = "0123456789abcdef"[number >> (60 - 4 * at) & 15];
  board_print(digits, sizeof digits);
}

_Noreturn void board_exit(int ok) {
  for (;;) semihosting(SYS_EXIT, (const void *)(uintptr_t)(ok ? APPLICATION_EXIT : RUN_TIME_ERROR));
}

static uintptr_t lowest;

// Fills the stack below the caller's frame.
static __attribute__((noinline)) void paint(void) {
  uintptr_t end = (uintptr_t)__builtin_frame_address(0) - OWN;
  lowest = (end + OWN - DEPTH) & ~(uintptr_t)7;
  for (volatile uint32_t *at = (volatile uint32_t *)lowest; (uintptr_t)at < end; at++) *at = PATTERN;
}

size_t board_stack(void) {
  const volatile uint32_t *at = (const volatile uint32_t *)lowest;
  while ((uintptr_t)at < (uintptr_t)stack_top && *at == PATTERN) at++;
  return (uintptr_t)stack_top - (uintptr_t)at;
}

static _Noreturn void reset(void) {
#ifdef __ARM_FP
  // Access to the floating-point unit (CPACR).
  *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20;
  __asm__ volatile("dsb\n isb" ::: "memory");
#endif
  for (volatile uint32_t *to = bss_start; to < bss_end; to++) *to = 0;
  const uint32_t *from = data_in_flash;
  for (volatile uint32_t *to = data_start; to < data_end; to++) *to = *from++;
  static const char name[] = ":tt";
  const uintptr_t arguments[3] = {(uintptr_t)name, 4, sizeof name - 1};
  console = semihosting(SYS_OPEN, arguments);
  paint();
  board_exit(run());
}

static _Noreturn void fault(void) {
  board_text("fault\n");
  board_exit(0);
}

// Where the program is entered, says link.ld.
extern const uintptr_t vectors[];

// The first words of flash: the stack, and the first exceptions. The programs enable no interrupt.
__attribute__((section(".vectors"), used)) const uintptr_t vectors[16] = {
    (uintptr_t)stack_top, (uintptr_t)reset, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault,     (uintptr_t)fault, (uintptr_t)fault,
};
