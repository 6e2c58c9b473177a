/* quickjs [-e CODE | FILE | -] [ARGUMENTS]: runs JavaScript; without a file or with "-", the script is read from standard input.
   There is print(...), console.log(...) and scriptArgs; promise jobs are run to the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "quickjs.h"

/* The default allocator, but without the usable size of a block: with it, appending to a string in place wrote past the block. */
static void *js_calloc_(void *o, size_t n, size_t size) { return (void)o, calloc(n, size); }
static void *js_malloc_(void *o, size_t size) { return (void)o, malloc(size); }
static void js_free_(void *o, void *p) { (void)o, free(p); }
static void *js_realloc_(void *o, void *p, size_t size) { return (void)o, realloc(p, size); }
static const JSMallocFunctions functions = {js_calloc_, js_malloc_, js_free_, js_realloc_, 0};

static JSValue print(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    for (int i = 0; i < argc; i++) {
        const char *s = JS_ToCString(ctx, argv[i]);
        if (!s) return JS_EXCEPTION;
        printf("%s%s", i ? " " : "", s);
        JS_FreeCString(ctx, s);
    }
    putchar('\n');
    return JS_UNDEFINED;
}
static void report(JSContext *ctx) {
    JSValue e = JS_GetException(ctx), stack = JS_GetPropertyStr(ctx, e, "stack");
    const char *s = JS_ToCString(ctx, e), *t = JS_IsUndefined(stack) ? 0 : JS_ToCString(ctx, stack);
    fflush(stdout);
    fprintf(stderr, "%s\n%s", s ? s : "exception", t ? t : "");
    exit(1);
}
static char *read_all(FILE *f, size_t *len) {
    size_t room = 65536;
    char *text = malloc(room);
    *len = 0;
    while (text) {
        size_t n = fread(text + *len, 1, room - *len - 1, f);
        *len += n;
        if (!n) break;
        if (*len + 1 >= room) text = realloc(text, room *= 2);
    }
    if (text) text[*len] = 0;
    return text;
}
int main(int argc, char **argv) {
    JSRuntime *rt = JS_NewRuntime2(&functions, 0);
    JSContext *ctx = rt ? JS_NewContext(rt) : 0;
    if (!ctx) return 1;
    JS_SetMaxStackSize(rt, 512 * 1024);
    int first = argc > 1 ? 2 : 1;
    const char *name = "<stdin>";
    char *text;
    size_t len;
    if (argc > 2 && !strcmp(argv[1], "-e")) {
        text = argv[2], len = strlen(text), first = 3, name = "<code>";
    } else {
        FILE *f = stdin;
        if (argc > 1 && strcmp(argv[1], "-") && !(f = fopen(name = argv[1], "rb"))) return perror(argv[1]), 1;
        text = read_all(f, &len);
        if (!text) return 1;
    }
    JSValue global = JS_GetGlobalObject(ctx), console = JS_NewObject(ctx), args = JS_NewArray(ctx);
    JS_SetPropertyStr(ctx, console, "log", JS_NewCFunction(ctx, print, "log", 1));
    JS_SetPropertyStr(ctx, global, "console", console);
    JS_SetPropertyStr(ctx, global, "print", JS_NewCFunction(ctx, print, "print", 1));
    for (int i = first; i < argc; i++) JS_SetPropertyUint32(ctx, args, (uint32_t)(i - first), JS_NewString(ctx, argv[i]));
    JS_SetPropertyStr(ctx, global, "scriptArgs", args);
    JS_FreeValue(ctx, global);
    JSValue result = JS_Eval(ctx, text, len, name, JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(result)) report(ctx);
    JS_FreeValue(ctx, result);
    JSContext *job;
    for (int r; (r = JS_ExecutePendingJob(rt, &job));)
        if (r < 0) report(job);
    JS_FreeContext(ctx);
    JS_FreeRuntime(rt);
    return 0;
}
