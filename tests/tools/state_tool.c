/* Looks into the state of a query: state_tool DIR, the directory of its data.mdb.
 *
 * One line for each database: name, entries, bytes of the pages it takes; tabs between. Works
 * beside a server that has the state open. */
#include <lmdb.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, int code) {
    fprintf(stderr, "state_tool: %s: %s\n", what, mdb_strerror(code));
    return 1;
}

static int print_database(MDB_txn *txn, const char *name) {
    MDB_dbi dbi;
    MDB_stat stat;
    int code = mdb_dbi_open(txn, name, 0, &dbi);
    if (code == 0)
        code = mdb_stat(txn, dbi, &stat);
    if (code)
        return fail(name, code);
    size_t pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    printf("%s\t%zu\t%zu\n", name, stat.ms_entries, pages * stat.ms_psize);
    return 0;
}

/* The unnamed database has the names of the others. */
static int print_all(MDB_txn *txn) {
    MDB_dbi root;
    MDB_cursor *cursor;
    MDB_val key, value;
    int code = mdb_dbi_open(txn, NULL, 0, &root);
    if (code == 0)
        code = mdb_cursor_open(txn, root, &cursor);
    if (code)
        return fail("the list of databases", code);
    int failed = 0;
    while (!failed && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        char name[512];
        if (key.mv_size >= sizeof name)
            continue;
        memcpy(name, key.mv_data, key.mv_size);
        name[key.mv_size] = 0;
        failed = print_database(txn, name);
    }
    mdb_cursor_close(cursor);
    return failed;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: state_tool DIR\n");
        return 2;
    }
    MDB_env *env;
    MDB_txn *txn;
    int code = mdb_env_create(&env);
    if (code == 0)
        code = mdb_env_set_maxdbs(env, 256);
    if (code == 0)
        code = mdb_env_open(env, argv[1], MDB_RDONLY | MDB_NOTLS, 0644);
    if (code == 0)
        code = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (code)
        return fail(argv[1], code);
    code = print_all(txn);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    return code;
}
