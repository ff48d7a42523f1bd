/**
 * Somebody else's program: `plain-tfjs.mjs FOLDER INPUT`. Serves the folder, loads the model from there with tfjs as it comes
 * from the registry, and prints what the model makes of the input (JSON, one row) and the names of its weights.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { version_cpu as backend } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';

const [folder, input] = process.argv.slice(2);
const server = createServer(async (request, response) => {
  response.end(await readFile(join(folder, request.url)));
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
try {
  const model = await loadLayersModel(`http://127.0.0.1:${server.address().port}/model.json`);
  const prediction = model.predict(tf.tensor([JSON.parse(input)]));
  const weights = model.weights.map((weight) => weight.originalName);
  process.stdout.write(JSON.stringify({ backend, prediction: [...prediction.dataSync()], weights }));
} finally {
  server.close();
  server.closeAllConnections();
}
