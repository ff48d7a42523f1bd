import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { Mailbox } from './mailbox.ts';

type Word = { readonly type: 'hello'; readonly n: number } | { readonly type: 'bye' };

test('messages come out in order, whether they were waited for or not', async () => {
  const port = new EventEmitter();
  const mailbox = new Mailbox<Word>(port);
  port.emit('message', { type: 'hello', n: 1 });
  port.emit('message', { type: 'hello', n: 2 });
  expect((await mailbox.next('hello')).n).toBe(1);
  expect((await mailbox.next('hello')).n).toBe(2);
  const later = mailbox.next('bye');
  port.emit('message', { type: 'bye' });
  expect(await later).toEqual({ type: 'bye' });
});

test('a message that the conversation does not expect is a defect and shows', async () => {
  const port = new EventEmitter();
  const mailbox = new Mailbox<Word>(port);
  port.emit('message', { type: 'bye' });
  await expect(mailbox.next('hello')).rejects.toThrow(
    "expected the message 'hello' from the other thread, got 'bye'",
  );
});
