/* sqlite [-db FILE] [-bench N]: without -bench, runs the SQL on standard input and prints every row. */
#include "sqlite3.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sqlite3 *db;

static void run(const char *sql) { /* one statement after the other; an error does not end it */
    while (*sql) {
        sqlite3_stmt *s = 0;
        const char *rest = sql + strlen(sql);
        int result = sqlite3_prepare_v2(db, sql, -1, &s, &rest);
        if (result == SQLITE_OK && s) {
            while ((result = sqlite3_step(s)) == SQLITE_ROW) {
                for (int i = 0, n = sqlite3_column_count(s); i < n; i++) {
                    const unsigned char *text = sqlite3_column_text(s, i);
                    printf("%s%s", i ? "|" : "", text ? (const char *)text : "NULL");
                }
                putchar('\n');
            }
            result = sqlite3_finalize(s);
        }
        if (result != SQLITE_OK) printf("error: %s\n", sqlite3_errmsg(db));
        sql = rest;
    }
}
static char *input(void) {
    size_t len = 0, room = 65536;
    char *text = malloc(room);
    while (text) {
        size_t n = fread(text + len, 1, room - len - 1, stdin);
        len += n;
        if (!n) break;
        if (len + 1 >= room) text = realloc(text, room *= 2);
    }
    if (text) text[len] = 0;
    return text;
}
static void bench(int n) {
    run("create table item(id integer primary key, kind text, size real, note text);"
        "create table link(a integer, b integer, weight integer); begin");
    sqlite3_stmt *s;
    unsigned x = 12345;
    sqlite3_prepare_v2(db, "insert into item values(?,?,?,?)", -1, &s, 0);
    for (int i = 0; i < n; i++) {
        char kind[16], note[64];
        x = x * 1103515245u + 12345u;
        snprintf(kind, sizeof kind, "kind%u", (x >> 16) % 17);
        snprintf(note, sizeof note, "note number %u about %s", x >> 8, kind);
        sqlite3_bind_int(s, 1, i);
        sqlite3_bind_text(s, 2, kind, -1, SQLITE_TRANSIENT);
        sqlite3_bind_double(s, 3, (x >> 12) / 1024.0);
        sqlite3_bind_text(s, 4, note, -1, SQLITE_TRANSIENT);
        if (sqlite3_step(s) != SQLITE_DONE) puts(sqlite3_errmsg(db));
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    sqlite3_prepare_v2(db, "insert into link values(?,?,?)", -1, &s, 0);
    for (int i = 0; i < 2 * n; i++) {
        x = x * 1103515245u + 12345u;
        sqlite3_bind_int(s, 1, (int)((x >> 8) % (unsigned)n));
        x = x * 1103515245u + 12345u;
        sqlite3_bind_int(s, 2, (int)((x >> 8) % (unsigned)n));
        sqlite3_bind_int(s, 3, (int)(x >> 24));
        if (sqlite3_step(s) != SQLITE_DONE) puts(sqlite3_errmsg(db));
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    run("commit; create index item_kind on item(kind, size); create index link_a on link(a);"
        "select 'rows', count(*), sum(size), max(length(note)) from item;"
        "select kind, count(*), round(avg(size), 3) from item group by kind order by 2 desc, 1 limit 5;"
        "select 'joined', count(*), sum(l.weight) from item i join link l on l.a = i.id join item j on j.id = l.b"
        " where i.kind < j.kind;"
        "select 'like', count(*) from item where note like '%7%about kind1%';"
        "update item set size = size + 1 where kind in ('kind3', 'kind5'); delete from link where weight % 3 = 0;"
        "select 'after', (select printf('%.3f', sum(size)) from item), (select count(*) from link);"
        "select 'window', sum(d) from (select size - lag(size, 1, 0) over (partition by kind order by id) as d from item);"
        "select 'sorted', group_concat(id) from (select id from item order by note desc limit 5);"
        "pragma integrity_check");
}
int main(int argc, char **argv) {
    const char *file = ":memory:";
    int n = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "-db")) file = argv[i + 1];
        else if (!strcmp(argv[i], "-bench")) n = atoi(argv[i + 1]);
        else return fprintf(stderr, "usage: sqlite [-db FILE] [-bench N]\n"), 2;
    }
    if (sqlite3_open(file, &db)) return printf("cannot open %s: %s\n", file, sqlite3_errmsg(db)), 1;
    if (n > 0) bench(n);
    else {
        char *sql = input();
        if (!sql) return 1;
        run(sql);
        free(sql);
    }
    return sqlite3_close(db) != SQLITE_OK;
}
