/* Stands in for <setjmp.h>, which WASI only has with exceptions; see lua-wasi.h. */
