import { ScriptedMember } from './scripted-member.ts';

/** Rank 1 as a process of its own, to be frozen by a test: node frozen-member.ts COORDINATOR CREDENTIALS */
const [, , coordinatorAddress = '', credentials = ''] = process.argv;
await new ScriptedMember(coordinatorAddress, JSON.parse(credentials)).form();
