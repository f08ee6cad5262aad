/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { firstValueFrom } from 'rxjs';
import { Mux } from 'rxmux';
import { remote } from 'rxmux/remote';
import { WebSocketCarrier } from 'rxmux/websocket';
import { Client, type Connection } from '../client.js';
import { SERVICES } from '../transforms.js';
import type { Control } from './control.js';
import { PartButton } from './part-button.js';
import { StreamRow } from './stream-row.js';

function connect(url: string): Connection {
  const socket = new WebSocket(url);
  return {
    carrier: new WebSocketCarrier(socket),
    cut: () => {
      socket.close();
    },
  };
}

function element(selector: string): Element {
  const found = document.querySelector(selector);
  if (found === null) {
    throw new TypeError(`there is no ${selector}`);
  }
  return found;
}

const mux = new Mux(new WebSocketCarrier(new WebSocket(`ws://${location.host}/control`)));
const control = remote<Control>(mux);

// A client for each gateway: where one is killed, the streams of the other go on.
const gateways = await firstValueFrom(control.gateways(), { defaultValue: [] });
const clients = gateways.map((_, index) => new Client(gateways, index, connect));
const rows = clients.flatMap((client, index) =>
  SERVICES.map(
    (service, column) => new StreamRow(client, index + 1, service, SERVICES.length * index + column),
  ),
);
element('tbody').append(...rows.map((row) => row.element));
element('#cut').addEventListener('click', () => {
  for (const client of clients) {
    client.cut();
  }
});
element('#reopen').addEventListener('click', () => {
  for (const row of rows) {
    row.reopen();
  }
});

function kill(name: string): void {
  control.kill(name).subscribe({ error: console.error });
}

const buttons = new Map<string, PartButton>();
control.parts().subscribe({
  next: (parts) => {
    for (const part of parts) {
      const button =
        buttons.get(part.name) ??
        new PartButton(() => {
          kill(part.name);
        });
      buttons.set(part.name, button);
      button.show(part);
      element('nav').append(button.element);
    }
  },
  error: (error: unknown) => {
    element('nav').textContent = `The server of this page is gone: ${String(error)}`;
  },
});
