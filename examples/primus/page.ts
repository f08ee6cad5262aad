// What runs in the browser: sends back what comes through each pipe, and shows it.
/// <reference lib="dom" />
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { PrimusDuplex } from 'primus-backpressure';
import { type Channel, Mux } from 'rxmux';

/** The client library, which the page has loaded. */
declare const Primus: new (options: { strategy: false }) => object;

// Without a strategy it does not connect again: the pipes would not be there any more.
const mux = new Mux(new PrimusDuplex(new Primus({ strategy: false })));

mux.channels$.subscribe({
  next: (channel) => {
    show(channel);
    sendBack(channel);
  },
  error: (error: unknown) => {
    say(`connection lost: ${String(error)}`);
  },
  complete: () => {
    say('connection closed');
  },
});

function sendBack({ inbound$, outbound$ }: Channel): void {
  inbound$.subscribe(outbound$);
}

/** A row of the table for a pipe, with what has come until now. */
function show({ handshake, inbound$ }: Channel): void {
  const row = document.createElement('tr');
  document.querySelector('tbody')?.append(row);
  const [bytes, hash, state] = [row.insertCell(), row.insertCell(), row.insertCell()];
  row.insertCell(0).textContent = String(handshake?.[0]);
  const hashing = sha256.create();
  let count = 0;
  inbound$.subscribe({
    next: (chunk) => {
      hashing.update(chunk);
      count += chunk.length;
      bytes.textContent = String(count);
    },
    error: (error: unknown) => {
      state.textContent = String(error);
    },
    complete: () => {
      hash.textContent = bytesToHex(hashing.digest());
      state.textContent = 'sent back';
    },
  });
}

function say(what: string): void {
  const place = document.querySelector('#connection');
  if (place !== null) {
    place.textContent = what;
  }
}
