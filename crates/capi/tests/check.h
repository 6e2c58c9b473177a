// What the test programs share: a check that says where it failed, and short ways to make things.
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasm.h"

#define CHECK(condition)                                                              \
  do {                                                                                \
    if (!(condition)) {                                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                 \
      exit(1);                                                                        \
    }                                                                                 \
  } while (0)

// A name as a vector that is lent: it must not be deleted.
static inline wasm_name_t lent(const char *text) {
  wasm_name_t name = {strlen(text), (char *)(size_t)text};
  return name;
}

static inline int name_is(const wasm_name_t *name, const char *text) {
  return name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

// Whether a trap has a message that begins so. Deletes the trap.
static inline int trapped(wasm_trap_t *trap, const char *text) {
  if (!trap) return 0;
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  int is_so = message.size > strlen(text) && strncmp(message.data, text, strlen(text)) == 0 &&
              message.data[message.size - 1] == 0;
  if (!is_so) fprintf(stderr, "trap: %s\n", message.data);
  wasm_byte_vec_delete(&message);
  wasm_trap_delete(trap);
  return is_so;
}

static inline wasm_functype_t *functype(size_t params, const wasm_valkind_t *param, size_t results,
                                        const wasm_valkind_t *result) {
  wasm_valtype_vec_t ps, rs;
  wasm_valtype_vec_new_uninitialized(&ps, params);
  wasm_valtype_vec_new_uninitialized(&rs, results);
  for (size_t i = 0; i < params; i++) ps.data[i] = wasm_valtype_new(param[i]);
  for (size_t i = 0; i < results; i++) rs.data[i] = wasm_valtype_new(result[i]);
  return wasm_functype_new(&ps, &rs);
}

#endif
