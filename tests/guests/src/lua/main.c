/* lua [-e CODE | FILE | -] [ARGUMENTS]: runs Lua; without a file or with "-", the script is read from standard input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

_Noreturn void lua_fatal(struct lua_State *L) {
    const char *message = lua_tostring(L, -1);
    fflush(stdout);
    fprintf(stderr, "lua: %s\n", message ? message : "error");
    exit(1);
}
static int panic(lua_State *L) { lua_fatal(L); }

int main(int argc, char **argv) {
    lua_State *L = luaL_newstate();
    if (!L) return 1;
    lua_atpanic(L, panic);
    luaL_openlibs(L);
    int first = argc > 1 ? 2 : 1, bad;
    int is_code = argc > 2 && !strcmp(argv[1], "-e");
    if (is_code) first = 3;
    lua_createtable(L, argc, 0);
    for (int i = first; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - first + 1);
    }
    lua_setglobal(L, "arg");
    if (is_code) bad = luaL_loadstring(L, argv[2]);
    else bad = luaL_loadfile(L, argc > 1 && strcmp(argv[1], "-") ? argv[1] : 0);
    if (bad) lua_fatal(L);
    lua_call(L, 0, 0);
    lua_close(L);
    return 0;
}
