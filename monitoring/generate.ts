import { writeGenerated } from '../scripts/write-generated.ts';
import { generatedFiles } from './generated-files.ts';

await writeGenerated(generatedFiles());
