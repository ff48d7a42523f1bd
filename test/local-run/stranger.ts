import { connect as connectPlain, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { LOOPBACK } from '../../operator/local/free-port.ts';
import type { PemPair } from '../../operator/pki/authority.ts';
import { joinMethod, type JoinReply, type JoinRequest } from '../../trainer/wire/messages.ts';

/**
 * How rank 0 treats who knocks: `refused` cuts the connection, `answered` speaks HTTP/2 with it, `denied` refuses one
 * call.
 */
export type Treatment = 'refused' | 'answered' | 'denied' | 'still waiting';

const PATIENCE_MS = 8_000;
/** The first words of HTTP/2: who is let in gets an answer. */
const HTTP2_PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export function knockWithoutTls(port: number, bytes: string | Buffer = HTTP2_PREFACE): Promise<Treatment> {
  const socket = connectPlain(port, LOOPBACK);
  socket.write(bytes);
  return treatmentOf(socket);
}

/** @param leaf what the stranger shows. */
export function knock(port: number, leaf?: PemPair, options: ConnectionOptions = {}): Promise<Treatment> {
  const socket = connectTls({
    port,
    host: LOOPBACK,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    ...(leaf && { cert: leaf.certificate, key: leaf.privateKey }),
    ...options,
  });
  socket.write(HTTP2_PREFACE);
  return treatmentOf(socket);
}

/** Asks to join as rank 1, in an attempt that would replace the present one. */
export async function askToJoin(port: number, leaf: PemPair, authority: string): Promise<Treatment> {
  const [ca, key, certificate] = [authority, leaf.privateKey, leaf.certificate].map((pem) =>
    Buffer.from(pem),
  );
  const anyName = { checkServerIdentity: () => undefined };
  const client = new Client(`${LOOPBACK}:${port}`, credentials.createSsl(ca, key, certificate, anyName));
  const { path, requestSerialize, responseDeserialize } = joinMethod;
  const request: JoinRequest = {
    rank: 1,
    attempt: 9,
    replicas: 2,
    address: `${LOOPBACK}:1`,
    generationSeen: 7,
    step: 0,
    signature: '',
    stateHash: '',
    instance: 'stranger',
  };
  const call = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    new Metadata(),
    { deadline: Date.now() + PATIENCE_MS },
  );
  try {
    return await new Promise((resolve, reject) => {
      call.on('data', (_reply: JoinReply) => resolve('answered'));
      call.on('error', (error: { readonly code?: status }) => {
        if (error.code === status.PERMISSION_DENIED) resolve('denied');
        else reject(error);
      });
    });
  } finally {
    client.close();
  }
}

async function treatmentOf(socket: Socket): Promise<Treatment> {
  socket.on('error', () => undefined);
  const answered = new Promise<Treatment>((resolve) => socket.once('data', () => resolve('answered')));
  const refused = new Promise<Treatment>((resolve) => socket.once('close', () => resolve('refused')));
  const patience = pause<Treatment>(PATIENCE_MS, 'still waiting', { ref: false });
  try {
    return await Promise.race([answered, refused, patience]);
  } finally {
    socket.destroy();
  }
}
