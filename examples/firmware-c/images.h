// Images in flash. A program takes each from the folder that the assembler searches (-Wa,-I), aligned as images must
// be.
#ifndef IMAGES_H
#define IMAGES_H

#include "guest.h"

#define IMAGE(name, file)                                                                          \
  extern const uint8_t name[], name##_end[];                                                       \
  __asm__(".section .rodata." #name ",\"a\"\n.balign 8\n.global " #name ", " #name "_end\n"        \
          ".type " #name ", %object\n" #name ":\n.incbin \"" file "\"\n" #name "_end:\n"           \
          ".size " #name ", . - " #name "\n.text\n")

#define IMAGE_OF(name) ((image){name, name##_end})

#endif
