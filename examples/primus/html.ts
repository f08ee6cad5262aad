/** The page. Primus serves its client library itself. */
export const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Return pipes over Primus</title>
    <link rel="icon" href="data:,">
    <style>
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; }
      td, th { padding: 0 1rem 0 0; text-align: left; }
      td:nth-child(-n + 2) { text-align: right; }
      td:nth-child(3) { font-family: monospace; }
    </style>
  </head>
  <body>
    <h1>Return pipes over one Primus connection</h1>
    <table>
      <thead><tr><th>pipe</th><th>bytes</th><th>SHA-256</th><th></th></tr></thead>
      <tbody></tbody>
    </table>
    <p id="connection">connected</p>
    <script src="/primus/primus.js"></script>
    <script type="module" src="/page.js"></script>
  </body>
</html>
`;
