// What the macros of wasm.h declare for each type and each reference: vectors, copies, views, and host information.
#include "check.h"

// Types: two of each, which differ.

static wasm_valtype_t *make_valtype(int n) {
  return wasm_valtype_new(n ? WASM_F64 : WASM_I32);
}

static int of_valtype(const wasm_valtype_t *type) {
  return wasm_valtype_kind(type) == WASM_F64;
}

static wasm_functype_t *make_functype(int n) {
  return n ? wasm_functype_new_1_2(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32()) : wasm_functype_new_0_0();
}

static int of_functype(const wasm_functype_t *type) {
  size_t params = wasm_functype_params(type)->size, results = wasm_functype_results(type)->size;
  CHECK(params == 0 ? results == 0 : params == 1 && results == 2);
  return params == 1;
}

static wasm_globaltype_t *make_globaltype(int n) {
  return wasm_globaltype_new(wasm_valtype_new_i32(), n ? WASM_VAR : WASM_CONST);
}

static int of_globaltype(const wasm_globaltype_t *type) {
  return wasm_globaltype_mutability(type) == WASM_VAR;
}

static const wasm_limits_t LIMITS[] = {{3, wasm_limits_max_default}, {4, 5}};

static int of_limits(const wasm_limits_t *limits) {
  int n = limits->min == 4;
  CHECK(limits->min == LIMITS[n].min && limits->max == LIMITS[n].max);
  return n;
}

static wasm_tabletype_t *make_tabletype(int n) {
  return wasm_tabletype_new(wasm_valtype_new(n ? WASM_FUNCREF : WASM_EXTERNREF), &LIMITS[n]);
}

static int of_tabletype(const wasm_tabletype_t *type) {
  int n = of_limits(wasm_tabletype_limits(type));
  CHECK(wasm_valtype_kind(wasm_tabletype_element(type)) == (n ? WASM_FUNCREF : WASM_EXTERNREF));
  return n;
}

static wasm_memorytype_t *make_memorytype(int n) {
  return wasm_memorytype_new(&LIMITS[n]);
}

static int of_memorytype(const wasm_memorytype_t *type) {
  return of_limits(wasm_memorytype_limits(type));
}

static wasm_tagtype_t *make_tagtype(int n) {
  return wasm_tagtype_new(make_functype(n));
}

static int of_tagtype(const wasm_tagtype_t *type) {
  return of_functype(wasm_tagtype_functype(type));
}

static wasm_externtype_t *make_externtype(int n) {
  return n ? wasm_memorytype_as_externtype(make_memorytype(1)) : wasm_globaltype_as_externtype(make_globaltype(0));
}

static int of_externtype(const wasm_externtype_t *type) {
  return wasm_externtype_kind(type) == WASM_EXTERN_MEMORY;
}

static wasm_importtype_t *make_importtype(int n) {
  wasm_name_t module, name;
  wasm_name_new_from_string(&module, "module");
  wasm_name_new_from_string(&name, n ? "one" : "");
  return wasm_importtype_new(&module, &name, make_externtype(n));
}

static int of_importtype(const wasm_importtype_t *type) {
  int n = of_externtype(wasm_importtype_type(type));
  CHECK(name_is(wasm_importtype_module(type), "module") && name_is(wasm_importtype_name(type), n ? "one" : ""));
  return n;
}

static wasm_exporttype_t *make_exporttype(int n) {
  wasm_name_t name;
  wasm_name_new_from_string(&name, n ? "one" : "");
  return wasm_exporttype_new(&name, make_externtype(n));
}

static int of_exporttype(const wasm_exporttype_t *type) {
  int n = of_externtype(wasm_exporttype_type(type));
  CHECK(name_is(wasm_exporttype_name(type), n ? "one" : ""));
  return n;
}

// Frames and items: of an instance that stops in two functions.

static wasm_instance_t *instance;

static wasm_extern_t *make_extern(int n) {
  return export_of(instance, n ? "one" : "zero");
}

static int of_extern(const wasm_extern_t *item) {
  wasm_extern_t *one = make_extern(1);
  int is_one = wasm_extern_same(item, one);
  wasm_extern_delete(one);
  return is_one;
}

static wasm_frame_t *make_frame(int n) {
  wasm_extern_t *item = make_extern(n);
  wasm_trap_t *trap = wasm_func_call(wasm_extern_as_func(item), NULL, NULL);
  CHECK(trap);
  wasm_frame_t *frame = wasm_trap_origin(trap);
  CHECK(frame);
  wasm_trap_delete(trap);
  wasm_extern_delete(item);
  return frame;
}

static int of_frame(const wasm_frame_t *frame) {
  CHECK(wasm_instance_same(wasm_frame_instance(frame), instance));
  return wasm_frame_func_index(frame) == 1;
}

// Copies own what they have.
#define COPIES(name)                                                                  \
  static void copies_of_##name(void) {                                                \
    for (int n = 0; n < 2; n++) {                                                     \
      wasm_##name##_t *first = make_##name(n), *copy = wasm_##name##_copy(first);     \
      CHECK(first && copy && copy != first);                                          \
      wasm_##name##_delete(first);                                                    \
      CHECK(of_##name(copy) == n);                                                    \
      wasm_##name##_delete(copy);                                                     \
    }                                                                                 \
    wasm_##name##_delete(NULL);                                                       \
  }

// Vectors own their elements, which may be null.
#define VECTORS(name)                                                                 \
  COPIES(name)                                                                        \
  static void vectors_of_##name(void) {                                               \
    copies_of_##name();                                                               \
    wasm_##name##_vec_t vector, copy;                                                 \
    wasm_##name##_vec_new_empty(&vector);                                             \
    CHECK(vector.size == 0 && !vector.data);                                          \
    wasm_##name##_vec_copy(&copy, &vector);                                           \
    CHECK(copy.size == 0 && !copy.data);                                              \
    wasm_##name##_vec_delete(&vector);                                                \
    wasm_##name##_vec_new(&vector, 0, NULL);                                          \
    CHECK(vector.size == 0 && !vector.data);                                          \
    /* More than there is. */                                                         \
    wasm_##name##_vec_new_uninitialized(&vector, SIZE_MAX / 4);                       \
    CHECK(vector.size == 0 && !vector.data);                                          \
    wasm_##name##_t *elements[3] = {make_##name(0), NULL, make_##name(1)};            \
    wasm_##name##_vec_new(&vector, 3, elements);                                      \
    CHECK(vector.size == 3 && vector.data != elements);                               \
    for (int i = 0; i < 3; i++) CHECK(vector.data[i] == elements[i]);                 \
    wasm_##name##_vec_copy(&copy, &vector);                                           \
    CHECK(copy.size == 3 && copy.data != vector.data && copy.data[0] != elements[0]); \
    wasm_##name##_vec_delete(&vector);                                                \
    CHECK(vector.size == 0 && !vector.data);                                          \
    wasm_##name##_vec_delete(&vector);                                                \
    CHECK(of_##name(copy.data[0]) == 0 && !copy.data[1] && of_##name(copy.data[2]) == 1); \
    /* C takes an element out, and puts another in. */                                \
    wasm_##name##_delete(copy.data[2]);                                               \
    copy.data[2] = NULL;                                                              \
    copy.data[1] = make_##name(1);                                                    \
    wasm_##name##_vec_delete(&copy);                                                  \
    wasm_##name##_vec_new_uninitialized(&vector, 2);                                  \
    CHECK(vector.size == 2 && !vector.data[0] && !vector.data[1]);                    \
    vector.data[0] = make_##name(1);                                                  \
    wasm_##name##_vec_delete(&vector);                                                \
    wasm_##name##_vec_delete(NULL);                                                   \
  }

VECTORS(valtype)
VECTORS(functype)
VECTORS(globaltype)
VECTORS(tabletype)
VECTORS(memorytype)
VECTORS(tagtype)
VECTORS(externtype)
VECTORS(importtype)
VECTORS(exporttype)
VECTORS(extern)
VECTORS(frame)

// Vectors of values copy and delete the references in them.
static void vectors_of_val(wasm_store_t *store) {
  wasm_val_vec_t vector, copy;
  wasm_val_vec_new_empty(&vector);
  CHECK(vector.size == 0 && !vector.data);
  wasm_foreign_t *foreign = wasm_foreign_new(store);
  wasm_ref_t *reference = wasm_foreign_as_ref(foreign);
  wasm_val_t values[3] = {WASM_F64_VAL(1.5), WASM_REF_VAL(reference), WASM_INIT_VAL};
  wasm_val_vec_new(&vector, 3, values);
  wasm_val_vec_copy(&copy, &vector);
  CHECK(copy.size == 3 && copy.data[0].kind == WASM_F64 && copy.data[0].of.f64 == 1.5);
  CHECK(copy.data[1].of.ref != reference && wasm_ref_same(copy.data[1].of.ref, reference) && !copy.data[2].of.ref);
  wasm_val_vec_delete(&vector);
  CHECK(vector.size == 0 && !vector.data);
  CHECK(wasm_ref_as_foreign(copy.data[1].of.ref));
  wasm_val_delete(&copy.data[0]);
  wasm_val_delete(&copy.data[1]);
  wasm_val_delete(&copy.data[1]);
  wasm_val_delete(NULL);
  wasm_val_vec_delete(&copy);
}

// The views of types, and those that there are not.

#define EACH_TYPE(X) X(functype, FUNC) X(globaltype, GLOBAL) X(tabletype, TABLE) X(memorytype, MEMORY) X(tagtype, TAG)

#define NARROW_TYPE(name, kind)                                                       \
  static int is_##name(wasm_externtype_t *type) {                                     \
    wasm_##name##_t *narrow = wasm_externtype_as_##name(type);                        \
    CHECK(wasm_externtype_as_##name##_const(type) == narrow);                         \
    if (!narrow) return 0;                                                            \
    CHECK(wasm_##name##_as_externtype(narrow) == type && wasm_##name##_as_externtype_const(narrow) == type); \
    CHECK(of_##name(narrow) == 1 && wasm_externtype_kind(type) == WASM_EXTERN_##kind); \
    return 1;                                                                         \
  }
EACH_TYPE(NARROW_TYPE)

static void views_of_types(void) {
#define WIDE_TYPE(name, kind) wasm_##name##_as_externtype(make_##name(1)),
  wasm_externtype_t *types[] = {EACH_TYPE(WIDE_TYPE) NULL};
  for (int i = 0; i < 6; i++) {
    int n = 0;
#define CHECK_TYPE(name, kind) CHECK(is_##name(types[i]) == (n++ == i));
    EACH_TYPE(CHECK_TYPE)
    wasm_externtype_delete(types[i]);
  }
}

static void short_hands(void) {
#define P wasm_valtype_new_i32()
#define R wasm_valtype_new_funcref()
  wasm_functype_t *types[3][4] = {
    {wasm_functype_new_0_0(), wasm_functype_new_1_0(P), wasm_functype_new_2_0(P, P), wasm_functype_new_3_0(P, P, P)},
    {wasm_functype_new_0_1(R), wasm_functype_new_1_1(P, R), wasm_functype_new_2_1(P, P, R), wasm_functype_new_3_1(P, P, P, R)},
    {wasm_functype_new_0_2(R, R), wasm_functype_new_1_2(P, R, R), wasm_functype_new_2_2(P, P, R, R),
     wasm_functype_new_3_2(P, P, P, R, R)}};
  for (size_t results = 0; results < 3; results++) {
    for (size_t params = 0; params < 4; params++) {
      wasm_functype_t *type = types[results][params];
      const wasm_valtype_vec_t *ps = wasm_functype_params(type), *rs = wasm_functype_results(type);
      CHECK(ps->size == params && rs->size == results);
      for (size_t i = 0; i < params; i++) CHECK(wasm_valtype_is_num(ps->data[i]) && !wasm_valtype_is_ref(ps->data[i]));
      for (size_t i = 0; i < results; i++) CHECK(wasm_valtype_is_ref(rs->data[i]) && !wasm_valtype_is_num(rs->data[i]));
      wasm_functype_delete(type);
    }
  }
  int place;
  wasm_val_t value;
  wasm_val_init_ptr(&value, &place);
  CHECK(wasm_val_ptr(&value) == &place);
  wasm_name_t name;
  wasm_name_new_from_string_nt(&name, "ab");
  CHECK(name.size == 3 && name.data[2] == 0);
  wasm_name_delete(&name);
}

// One vector for both lists of types: it is taken over once.
static void one_vector_for_all(void) {
  wasm_valtype_vec_t types;
  wasm_valtype_vec_new_uninitialized(&types, 1);
  types.data[0] = wasm_valtype_new_f64();
  wasm_functype_t *type = wasm_functype_new(&types, &types);
  CHECK(types.size == 0 && !types.data);
  CHECK(wasm_functype_params(type)->size == 1 && wasm_functype_results(type)->size == 0);
  wasm_name_t name;
  wasm_name_new_from_string(&name, "name");
  wasm_importtype_t *import = wasm_importtype_new(&name, &name, wasm_functype_as_externtype(type));
  CHECK(name.size == 0 && name_is(wasm_importtype_module(import), "name") && name_is(wasm_importtype_name(import), ""));
  wasm_importtype_delete(import);
  CHECK(!wasm_tagtype_new(NULL) && !wasm_globaltype_new(NULL, WASM_VAR) && !wasm_tabletype_new(NULL, &LIMITS[0]));
}

// References: two objects of each kind.

static wasm_store_t *store;

static wasm_trap_t *nothing(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
  (void)args;
  (void)results;
  return NULL;
}

static wasm_trap_t *make_trap(void) {
  wasm_message_t message = {4, (char[]){'s', 't', 'o', 'p'}};
  return wasm_trap_new(store, &message);
}

static wasm_foreign_t *make_foreign(void) {
  return wasm_foreign_new(store);
}

static wasm_module_t *make_module(void) {
  return module_of(store, "(module)");
}

static wasm_func_t *make_func(void) {
  wasm_functype_t *type = make_functype(0);
  wasm_func_t *func = wasm_func_new(store, type, nothing), *another = NULL;
  CHECK(func && !wasm_func_call(func, NULL, NULL));
  wasm_functype_delete(type);
  type = wasm_func_type(func);
  CHECK(of_functype(type) == 0 && !another);
  wasm_functype_delete(type);
  return func;
}

static wasm_global_t *make_global(void) {
  wasm_globaltype_t *type = make_globaltype(1);
  wasm_val_t value = WASM_I32_VAL(3);
  wasm_global_t *global = wasm_global_new(store, type, &value);
  wasm_globaltype_delete(type);
  return global;
}

static wasm_table_t *make_table(void) {
  wasm_tabletype_t *type = make_tabletype(1);
  wasm_table_t *table = wasm_table_new(store, type, NULL);
  wasm_tabletype_delete(type);
  return table;
}

static wasm_memory_t *make_memory(void) {
  wasm_memorytype_t *type = make_memorytype(1);
  wasm_memory_t *memory = wasm_memory_new(store, type);
  wasm_memorytype_delete(type);
  return memory;
}

static wasm_instance_t *make_instance(void) {
  return instance_of(store, "(module)");
}

static int finalized;

static void finalize(void *value) {
  finalized += *(int *)value;
}

#define EACH_ITEM(X) X(func) X(global) X(table) X(memory)
#define EACH_REFERENCE(X) EACH_ITEM(X) X(trap) X(foreign) X(module) X(instance)

// Whether a reference is of a kind; and the views agree.
#define NARROW(name)                                                                  \
  static int ref_is_##name(wasm_ref_t *reference) {                                   \
    wasm_##name##_t *narrow = wasm_ref_as_##name(reference);                          \
    CHECK(wasm_ref_as_##name##_const(reference) == narrow);                           \
    if (!narrow) return 0;                                                            \
    CHECK(wasm_##name##_as_ref(narrow) == reference && wasm_##name##_as_ref_const(narrow) == reference); \
    return 1;                                                                         \
  }
EACH_REFERENCE(NARROW)
NARROW(extern)

#define NARROW_ITEM(name)                                                             \
  static int extern_is_##name(wasm_extern_t *item) {                                  \
    wasm_##name##_t *narrow = wasm_extern_as_##name(item);                            \
    CHECK(wasm_extern_as_##name##_const(item) == narrow);                             \
    if (!narrow) return 0;                                                            \
    CHECK(wasm_##name##_as_extern(narrow) == item && wasm_##name##_as_extern_const(narrow) == item); \
    return 1;                                                                         \
  }
EACH_ITEM(NARROW_ITEM)

// The host information belongs to the object, whichever reference sets it.
#define REFERENCES(name)                                                              \
  static void references_to_##name(void) {                                            \
    static int one = 1, ten = 10, hundred = 100;                                      \
    wasm_##name##_t *a = make_##name(), *b = make_##name(), *copy = wasm_##name##_copy(a); \
    CHECK(a && b && copy && copy != a);                                               \
    CHECK(wasm_##name##_same(a, a) && wasm_##name##_same(a, copy) && !wasm_##name##_same(a, b)); \
    wasm_ref_t *wide = wasm_##name##_as_ref(a), *wide_copy = wasm_ref_copy(wide);     \
    CHECK(wasm_ref_same(wide, wide_copy) && wasm_ref_same(wide_copy, wasm_##name##_as_ref_const(copy))); \
    CHECK(!wasm_ref_same(wide, wasm_##name##_as_ref(b)));                             \
    CHECK(!wasm_##name##_get_host_info(a));                                           \
    wasm_##name##_set_host_info(a, &place_of_info);                                   \
    CHECK(wasm_##name##_get_host_info(copy) == &place_of_info && wasm_ref_get_host_info(wide_copy) == &place_of_info); \
    CHECK(!wasm_##name##_get_host_info(b));                                           \
    finalized = 0;                                                                    \
    wasm_##name##_set_host_info_with_finalizer(copy, &one, finalize);                 \
    CHECK(wasm_##name##_get_host_info(a) == &one && finalized == 0);                  \
    wasm_ref_set_host_info_with_finalizer(wide_copy, &ten, finalize);                 \
    CHECK(wasm_##name##_get_host_info(a) == &ten && finalized == 1);                  \
    wasm_##name##_set_host_info_with_finalizer(b, &hundred, NULL);                    \
    wasm_ref_set_host_info(wide_copy, NULL);                                          \
    CHECK(!wasm_##name##_get_host_info(a) && finalized == 11);                        \
    wasm_##name##_set_host_info_with_finalizer(b, &hundred, finalize);                \
    wasm_##name##_delete(a);                                                          \
    wasm_##name##_delete(copy);                                                       \
    CHECK(finalized == 11 && ref_is_##name(wide_copy));                               \
    wasm_ref_delete(wide_copy);                                                       \
    wasm_##name##_delete(NULL);                                                       \
    wasm_##name##_delete(b);                                                          \
  }

static int place_of_info;
EACH_REFERENCE(REFERENCES)

static void views_of_references(void) {
#define WIDE(name) wasm_##name##_as_ref(make_##name()),
  wasm_ref_t *references[] = {EACH_REFERENCE(WIDE) NULL};
  for (int i = 0; i < 9; i++) {
    int n = 0;
#define CHECK_REFERENCE(name) CHECK(ref_is_##name(references[i]) == (n++ == i));
    EACH_REFERENCE(CHECK_REFERENCE)
    CHECK(ref_is_extern(references[i]) == (i < 4));
    wasm_extern_t *item = wasm_ref_as_extern(references[i]);
    n = 0;
#define CHECK_ITEM(name) CHECK(extern_is_##name(item) == (item && n++ == i));
    EACH_ITEM(CHECK_ITEM)
    wasm_ref_delete(references[i]);
  }
}

// The finalizers of `b` in the tests above run with the end of its object: at once, with a collection, or with the store.
static void ends_of_objects(wasm_engine_t *engine) {
  static const int at_once[] = {0, 0, 0, 0, 1, 0, 1, 0};
  int n = 0;
#define CHECK_END(name)                                                               \
  store = wasm_store_new(engine);                                                     \
  references_to_##name();                                                             \
  CHECK(finalized == (at_once[n] ? 111 : 11));                                        \
  wasm_store_delete(store);                                                           \
  CHECK(finalized == 111);                                                            \
  n++;
  EACH_REFERENCE(CHECK_END)
  CHECK(n == 8);
}

// Items have the host information of what they are.
static void externs(void) {
  static int one = 1;
  wasm_func_t *func = make_func();
  wasm_extern_t *item = wasm_extern_copy(wasm_func_as_extern(func));
  wasm_extern_set_host_info(item, &place_of_info);
  CHECK(wasm_func_get_host_info(func) == &place_of_info && wasm_extern_get_host_info(item) == &place_of_info);
  finalized = 0;
  wasm_extern_set_host_info_with_finalizer(item, &one, finalize);
  CHECK(wasm_func_get_host_info(func) == &one);
  wasm_func_set_host_info(func, NULL);
  CHECK(finalized == 1 && !wasm_extern_get_host_info(item));
  wasm_extern_delete(item);
  wasm_func_delete(func);
}

int main(void) {
  wasm_engine_t *engine = wasm_engine_new();
  store = wasm_store_new(engine);
  instance = instance_of(store, "(module (func (export \"zero\") unreachable) (func (export \"one\") unreachable))");
  vectors_of_valtype();
  vectors_of_functype();
  vectors_of_globaltype();
  vectors_of_tabletype();
  vectors_of_memorytype();
  vectors_of_tagtype();
  vectors_of_externtype();
  vectors_of_importtype();
  vectors_of_exporttype();
  vectors_of_extern();
  vectors_of_frame();
  vectors_of_val(store);
  views_of_types();
  short_hands();
  one_vector_for_all();
  views_of_references();
  externs();
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  ends_of_objects(engine);
  wasm_config_delete(wasm_config_new());
  wasm_config_delete(NULL);
  wasm_engine_delete(engine);
  wasm_engine_delete(NULL);
  return 0;
}
