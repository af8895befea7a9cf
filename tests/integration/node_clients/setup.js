// What the tests of the clients share: where the server is, and how to wait for it.
'use strict';
const port = Number(process.env.SLUICE_PORT);
const EARLIEST = {'auto.offset.reset': 'earliest'};

// Asks until the answer satisfies; a test's time-out ends it.
async function until(ask, satisfies) {
    for (;;) {
        const answer = await ask();
        if (satisfies(answer))
            return answer;
        await new Promise(resolve => setTimeout(resolve, 50));
    }
}

async function pushQueriesEnd() {
    const ask = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await until(ask, text => /^sluice_push_queries_active 0$/m.test(text));
}

module.exports = {port, EARLIEST, until, pushQueriesEnd, limit: {timeout: 60000}};
