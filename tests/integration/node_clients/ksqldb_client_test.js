// npm's ksqldb-client, as it is: everything on one HTTP/2 connection, one JSON value expected in each DATA frame.
'use strict';
const assert = require('node:assert');
const {test} = require('node:test');
const Client = require('ksqldb-client');
const {port, EARLIEST, until, pushQueriesEnd, limit} = require('./setup.js');

const connected = async work => {
    const client = new Client({host: 'http://127.0.0.1', port, timeout: 10000});
    await client.connect();
    try {
        await work(client);
    } finally {
        await client.disconnect();
    }
};

test('statements', limit, () => connected(async client => {
    const made = await client.executeStatement(
        'CREATE STREAM pens (id INT KEY, color STRING) ' +
        "WITH (kafka_topic = 'pens', value_format = 'JSON', partitions = 1);");
    assert.deepStrictEqual([made.status, made.data.rows[0].commandStatus.status], [200, 'SUCCESS']);
    const counts = await client.executeStatement(
        'CREATE TABLE ${name} AS SELECT color, COUNT(*) AS n FROM pens GROUP BY color;',
        {sessionVariables: {name: 'counts'}, streamsProperties: EARLIEST});
    assert.strictEqual(counts.data.rows[0].commandStatus.queryId, 'CTAS_COUNTS_1');
    const refused = await client.executeStatement('DROP STREAM nowhere;');
    assert.deepStrictEqual([refused.status, refused.error['@type']], [400, 'statement_error']);
}));

test('what there is', limit, () => connected(async client => {
    assert.deepStrictEqual((await client.listStreams()).map(s => s.name), ['PENS']);
    assert.deepStrictEqual((await client.listTables()).map(t => t.name), ['COUNTS']);
    assert.deepStrictEqual((await client.listTopics()).map(t => t.name), ['COUNTS', 'pens']);
    assert.deepStrictEqual((await client.listQueries()).map(q => q.id), ['CTAS_COUNTS_1']);
    const described = await client.describeSource('pens');
    assert.deepStrictEqual(described.fields.map(f => [f.name, f.schema.type, f.type]),
        [['ID', 'INTEGER', 'KEY'], ['COLOR', 'STRING', undefined]]);
    await assert.rejects(client.executeStatement('LIST TABLES;'), /Use the listTables\(\) method/);
}));

test('inserts and pull queries', limit, () => connected(async client => {
    for (const row of [{ID: 1, COLOR: 'red'}, {id: 2, color: 'red'}]) {
        const inserted = await client.insertInto('pens', row);
        assert.deepStrictEqual(inserted, {data: {rows: [{status: 'ok', seq: 0}]}, error: undefined, status: 200});
    }
    const ask = () => client.query("SELECT * FROM ${t} WHERE color = 'red';", {sessionVariables: {t: 'counts'}});
    const {data} = await until(ask, answer => answer.data.rows.length === 1 && answer.data.rows[0].N === 2);
    assert.deepStrictEqual(data.metadata.columnNames, ['COLOR', 'N']);
    const refused = await client.query('SELECT * FROM nowhere;');
    assert.deepStrictEqual([refused.status, refused.error.error_code], [400, 40001]);
}));

test('a push query beside pull queries, until it is terminated', limit, () => connected(async client => {
    const rows = [];
    let two;
    const came = new Promise(resolve => (two = resolve));
    let queryId;
    const push = client.streamQuery('SELECT color, n FROM counts EMIT CHANGES;', answer => {
        queryId = answer.metadata.queryId;
        rows.push(...(answer.rows || []));
        if (rows.length)
            two();
    }, {properties: EARLIEST});
    await came;
    assert.strictEqual((await client.query("SELECT n FROM counts WHERE color = 'red';")).data.rows[0].N, 2);
    assert.strictEqual((await client.terminatePushQuery(queryId)).status, 200);
    const ended = await push;
    assert.deepStrictEqual([ended.status, ended.error], [200, undefined]);
    assert.deepStrictEqual(rows.at(-1), {COLOR: 'red', N: 2});
    await pushQueriesEnd();
    assert.strictEqual((await client.terminatePushQuery(queryId)).status, 400);
}));

test('a connection that is left ends its queries', limit, async () => {
    await connected(async client => {
        await new Promise(resolve => {
            client.streamQuery('SELECT * FROM pens EMIT CHANGES;', resolve).catch(() => {});
        });
    });
    await pushQueriesEnd();
});
