// The peer emmett-mongodb as its documentation shows it: a decider, run by DeciderCommandHandler,
// which aggregates the stream and appends to it. Reads one JSON line a request on standard
// input, answers one on standard output: {op: "build", streams, events} grows streams,
// {op: "run", streams} handles one command on each and answers how many seconds that took.

import { DeciderCommandHandler } from '@event-driven-io/emmett';
import { getMongoDBEventStore, toStreamName } from '@event-driven-io/emmett-mongodb';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { MongoClient } from 'mongodb';

const BATCH = 5000; // only while streams are grown

const initialState = () => ({ status: 'none', subjectId: '' });

const evolve = (state, { type, data }) => {
  switch (type) {
    case 'ConsultationSubmitted':
      return { ...state, status: 'submitted', subjectId: data.subjectId };
    case 'MessagePosted':
      return { ...state };
    default:
      return state;
  }
};

const decide = ({ type, data }, state) => {
  switch (type) {
    case 'Submit':
      return { type: 'ConsultationSubmitted', data };
    case 'PostMessage':
      if (state.status === 'none' || state.subjectId !== data.subjectId) {
        throw new Error('There is no such consultation.');
      }
      return { type: 'MessagePosted', data };
  }
};

const mapToStreamId = (id) => toStreamName('consultation', id);
const handle = DeciderCommandHandler({ decide, evolve, initialState, mapToStreamId });

const message = (id, text) => ({
  messageId: randomUUID(),
  by: 'user',
  officerId: null,
  subjectId: `siti-${id}`,
  text,
  internal: false,
  channel: 'web',
});

// the same meta data that ours keeps with each commit
const post = (id, text) => ({
  type: 'PostMessage',
  data: {
    ...message(id, text),
    office: '1471',
    actor: { kind: 'user', id: `siti-${id}` },
    commandId: randomUUID(),
    correlationId: randomUUID(),
    causationId: randomUUID(),
  },
});

const client = new MongoClient(process.env.PST_MONGO_URL);
await client.connect();
const store = getMongoDBEventStore({
  client,
  storage: { type: 'COLLECTION_PER_STREAM_TYPE', databaseName: `emmett_${process.pid}` },
});

const operations = {
  build: async ({ streams, events, text }) => {
    for (const id of streams) {
      await handle(store, id, { type: 'Submit', data: { subjectId: `siti-${id}`, topic: 'Inflasi' } });
      for (let left = events - 1; left > 0; left -= BATCH) {
        const some = Array.from({ length: Math.min(left, BATCH) }, () => post(id, text));
        await handle(store, id, some);
      }
    }
    return {};
  },
  run: async ({ streams, text }) => {
    const start = process.hrtime.bigint();
    for (const id of streams) await handle(store, id, post(id, text));
    return { seconds: Number(process.hrtime.bigint() - start) / 1e9 };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(await operations[request.op](request)));
}
await client.close();
