import { measureCodecs } from '../cli/predict/codec-time.ts';
import { measureTransport } from '../cli/predict/transport-time.ts';
import { benchSpec } from './predict-load.ts';
import { tensorsOf } from './synthetic-model.ts';

/** Does without an end what `bench predict` measures, so that a core is as busy then as another worker's is in a real step. */
for (;;) {
  await measureTransport(true);
  await measureCodecs(tensorsOf(4), benchSpec());
}
