// Node's own server.
'use strict';

const text = 'Hello, World!';
const server = require('http').createServer((request, reply) => {
    reply.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': text.length });
    reply.end(text);
});
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
