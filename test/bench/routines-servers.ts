import { once } from 'node:events';
import { createServer } from 'node:http';
import { startDatabase } from '../../infra/local/dynamodb.ts';
import { boundPort } from '../../infra/local/loopback.ts';

/**
 * A server for `bench routines`, in its own process: the database, AimHarder's timetables, or EventBridge Scheduler. The last
 * two answer after as many milliseconds as the second argument says. Prints its address; `GET /asked` returns the number of
 * requests.
 */
const [what, answerMs] = process.argv.slice(2);

const HOURS = ['07:00', '08:00', '09:30', '13:00', '17:00', '18:00', '19:00', '20:00'];

/** A day of eight classes, the same at every box. */
const TIMETABLE = JSON.stringify({
  bookings: HOURS.map((start, index) => ({
    id: index + 1,
    time: `${start} - ${String(Number(start.slice(0, 2)) + 1).padStart(2, '0')}${start.slice(2)}`,
    className: 'WOD',
    limitc: 14,
    ocupation: 3,
    enabled: 1,
    bookState: null,
    cancelledId: null,
  })),
});

if (what === 'database') {
  const { endpoint } = await startDatabase({});
  console.log(endpoint);
} else {
  let asked = 0;
  const body = what === 'aimharder' ? TIMETABLE : JSON.stringify({ ScheduleArn: 'arn:aws:scheduler:bench' });
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/asked') {
      response.end(String(asked));
      return;
    }
    asked += 1;
    setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(body), Number(answerMs));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log(`http://127.0.0.1:${boundPort(server)}`);
}
