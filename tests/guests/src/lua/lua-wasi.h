/* Put before every Lua source file. WASI has no setjmp without exceptions, so errors end the program
   (pcall calls, but cannot catch), and coroutines cannot be left. */
#ifndef LUA_WASI_H
#define LUA_WASI_H
struct lua_State;
_Noreturn void lua_fatal(struct lua_State *L);
#define LUAI_THROW(L, c) lua_fatal(L)
#define LUAI_TRY(L, c, a) { a }
#define luai_jmpbuf int
#define l_system(cmd) ((cmd) ? -1 : 0)
#endif
