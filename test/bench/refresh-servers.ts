import { once } from 'node:events';
import { createServer } from 'node:http';
import { startDatabase } from '../../infra/local/dynamodb.ts';
import { boundPort } from '../../infra/local/loopback.ts';

/**
 * A server for `bench refresh`, in its own process: the database, or an AimHarder that answers after as many milliseconds as
 * the second argument says. Prints its address.
 */
const [what, answerMs] = process.argv.slice(2);

if (what === 'database') {
  const { endpoint } = await startDatabase({});
  console.log(endpoint);
} else {
  let issued = 0;
  const server = createServer((request, response) => {
    request.resume();
    setTimeout(() => {
      issued += 1;
      response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'AWSALB=next; Path=/' });
      response.end(JSON.stringify({ newToken: `7|1795000000|${issued}` }));
    }, Number(answerMs));
  });
  // As nginx does. With Node's 5 s a busy run meets connections that are just being closed, and that is not what is measured.
  server.keepAliveTimeout = 75_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log(`http://127.0.0.1:${boundPort(server)}`);
}
