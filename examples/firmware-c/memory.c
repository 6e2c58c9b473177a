// `memcpy` and its relatives, by single bytes. Those of the library are made for speed, and take 1 KiB more. (Leave
// this file out if guests copy much.)
#include <stddef.h>
#include <stdint.h>

// Keeps the compiler from turning a loop into a call of the function that contains it.
#define BY_ITSELF __asm__ volatile("")
#define ALIAS(of) __attribute__((alias(#of)))

void *memmove(void *to, const void *from, size_t bytes) {
  uint8_t *t = to;
  const uint8_t *f = from;
  // Overlapping ranges that move up are copied from the end.
  if ((uintptr_t)to - (uintptr_t)from < bytes) {
    for (size_t at = bytes; at > 0; at--) {
      t[at - 1] = f[at - 1];
      BY_ITSELF;
    }
  } else {
    for (size_t at = 0; at < bytes; at++) {
      t[at] = f[at];
      BY_ITSELF;
    }
  }
  return to;
}

void *memset(void *to, int byte, size_t bytes) {
  for (uint8_t *t = to; bytes > 0; bytes--) {
    *t++ = (uint8_t)byte;
    BY_ITSELF;
  }
  return to;
}

// The names that compilers for Arm call. The byte comes last.
void __aeabi_memset(void *to, size_t bytes, int byte) { memset(to, byte, bytes); }
void __aeabi_memclr(void *to, size_t bytes) { memset(to, 0, bytes); }

void *memcpy(void *to, const void *from, size_t bytes) ALIAS(memmove);
void *__aeabi_memcpy(void *to, const void *from, size_t bytes) ALIAS(memmove);
void *__aeabi_memcpy4(void *to, const void *from, size_t bytes) ALIAS(memmove);
void *__aeabi_memcpy8(void *to, const void *from, size_t bytes) ALIAS(memmove);
void *__aeabi_memmove(void *to, const void *from, size_t bytes) ALIAS(memmove);
void *__aeabi_memmove4(void *to, const void *from, size_t bytes) ALIAS(memmove);
void *__aeabi_memmove8(void *to, const void *from, size_t bytes) ALIAS(memmove);
void __aeabi_memset4(void *to, size_t bytes, int byte) ALIAS(__aeabi_memset);
void __aeabi_memset8(void *to, size_t bytes, int byte) ALIAS(__aeabi_memset);
void __aeabi_memclr4(void *to, size_t bytes) ALIAS(__aeabi_memclr);
void __aeabi_memclr8(void *to, size_t bytes) ALIAS(__aeabi_memclr);
