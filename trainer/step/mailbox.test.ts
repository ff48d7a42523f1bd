import { expect, test } from '@jest/globals';
import { Mailbox } from './mailbox.ts';

type Word = { readonly type: 'hello'; readonly n: number } | { readonly type: 'bye' };

test('messages come out in order, whether they were waited for or not', async () => {
  const mailbox = new Mailbox<Word>();
  mailbox.deliver({ type: 'hello', n: 1 });
  mailbox.deliver({ type: 'hello', n: 2 });
  expect((await mailbox.next('hello')).n).toBe(1);
  expect((await mailbox.next('hello')).n).toBe(2);
  const later = mailbox.next('bye');
  mailbox.deliver({ type: 'bye' });
  expect(await later).toEqual({ type: 'bye' });
});

test('a message that the conversation does not expect is a defect and shows', async () => {
  const mailbox = new Mailbox<Word>();
  mailbox.deliver({ type: 'bye' });
  await expect(mailbox.next('hello')).rejects.toThrow(
    "expected the message 'hello' from the other thread, got 'bye'",
  );
});

test('a failure ends the present wait and every later one with the same error', async () => {
  const mailbox = new Mailbox<Word>();
  const waiting = mailbox.next('bye');
  mailbox.fail(new Error('the thread died'));
  mailbox.fail(new Error('later'));
  await expect(waiting).rejects.toThrow('the thread died');
  await expect(mailbox.next('bye')).rejects.toThrow('the thread died');
});

test('what arrived before the failure is still read', async () => {
  const mailbox = new Mailbox<Word>();
  mailbox.deliver({ type: 'bye' });
  mailbox.fail(new Error('the thread died'));
  expect(await mailbox.next('bye')).toEqual({ type: 'bye' });
});
