// npm's ksqldb-js, as it is: axios for statements and pull queries, HTTP/2 for push queries and inserts.
'use strict';
const assert = require('node:assert');
const {test} = require('node:test');
const Ksqldb = require('ksqldb-js');
const {port, until, pushQueriesEnd, limit} = require('./setup.js');

const client = new Ksqldb({ksqldbURL: `http://127.0.0.1:${port}`});

test('statements that it builds', limit, async () => {
    const made = await client.createStream('cups', ['id INT KEY', 'size INT'], 'cups', 'json', 1);
    assert.strictEqual(made.data[0].commandStatus.status, 'SUCCESS');
    assert.strictEqual(await client.createStreamAs('big', ['id', 'size'], 'cups',
        {kafka_topic: 'big', value_format: 'json'}, 'size > 2', ''), 'CSAS_BIG_1');
    const table = await client.createTableAs('sizes', 'cups', ['size', 'COUNT(*) AS n'], {topic: 'sizes'},
        {WHERE: 'size < 100', GROUP_BY: 'size'});
    assert.strictEqual(table.data[0].commandStatus.queryId, 'CTAS_SIZES_2');
    assert.deepStrictEqual((await client.ksql('SHOW TABLES;')).tables.map(t => t.name), ['SIZES']);
    await assert.rejects(client.ksql('SHOW NONSENSE;'), error => error.error_code === 40001);
});

test('inserts and pull queries', limit, async () => {
    assert.deepStrictEqual(await client.insertStream('cups', [{ID: 1, SIZE: 2}, {ID: 2, SIZE: 3}]),
        [{status: 'ok', seq: 0}, {status: 'ok', seq: 1}]);
    const ask = () => client.pull('SELECT size, n FROM sizes WHERE size = 3;');
    const [header, row] = await until(ask, answer => answer.length === 2);
    assert.deepStrictEqual([header.columnNames, row], [['SIZE', 'N'], [3, 1]]);
    assert.ok((await client.pullFromTo('cups', 'UTC', ['2000-01-01', '00', '00', '00'])).length === 2);
    await assert.rejects(client.pull('SELECT * FROM nowhere;'), error => error.error_code === 40001);
});

test('a push query until it is terminated', limit, async () => {
    const came = [];
    let one;
    const row = new Promise(resolve => (one = resolve));
    const queryId = await client.push('SELECT * FROM cups EMIT CHANGES;', text => {
        came.push(JSON.parse(text));
        if (came.length === 2)
            one();
    });
    await client.insertStream('cups', [{ID: 7, SIZE: 8}]);
    await row;
    assert.deepStrictEqual([came[0].queryId, came[1]], [queryId, [7, 8]]);
    const terminated = await client.terminate(queryId);
    assert.strictEqual(terminated.commandStatus.status, 'SUCCESS');
    await pushQueriesEnd();
});

test('what operators ask', limit, async () => {
    assert.strictEqual((await client.inspectQueryStatus('stream/`CUPS`/create')).data.status, 'SUCCESS');
    assert.ok((await client.inspectServerInfo()).data.KsqlServerInfo.version);
    assert.strictEqual((await client.inspectServerHealth()).data.isHealthy, true);
    assert.strictEqual(Object.keys((await client.inspectClusterStatus()).data.clusterStatus).length, 1);
    assert.strictEqual((await client.isValidProperty('auto.offset.reset')).data, true);
});
