// The least that a broker in Node could do with an event: read the body, parse it, answer 201. Nothing is kept.
require('http').createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString('utf8'));
    response.writeHead(201, { 'Content-Type': 'application/json; charset=utf-8' });
    response.end('{"status":"success"}');
  });
}).listen({ port: +process.argv[2], host: '127.0.0.1', backlog: 4096 });
