import { measureCodecs } from '../cli/predict/codec-time.ts';
import { measureTransport } from '../cli/predict/transport-time.ts';
import { benchSpec, tensorsOf } from './predict-load.ts';

/** Does without an end what `bench predict` measures, so that a core is as busy then as another worker's is in a real step. */
for (;;) {
  await measureTransport(true);
  await measureCodecs(tensorsOf('4MB'), benchSpec());
}
